import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Log } from '../../shared/server/log.js'
import type { MailConfig } from '../config.js'

export interface Mail {
  to: string
  subject: string
  text: string
}

/** Where mails go. Tests and deployments choose; the rules do not know. */
export interface Mailer {
  /** Resolves once the mail is somebody else's: a mail server's, or a file. */
  send(mail: Mail): Promise<void>
  close(): void
}

/** SMTP when there is a server, else files. */
export function createMailer(config: MailConfig, log: Log): Mailer {
  return config.url === null ? fileMailer(config, log) : smtpMailer(config.url, config)
}

const SMTP_TIMEOUT_MS = 10_000

function smtpMailer(url: string, { from }: MailConfig): Mailer {
  const transport = createTransport(
    {
      url,
      connectionTimeout: SMTP_TIMEOUT_MS,
      greetingTimeout: SMTP_TIMEOUT_MS,
      socketTimeout: SMTP_TIMEOUT_MS,
    },
    { from },
  )
  return {
    send: async (mail) => {
      await transport.sendMail(mail)
    },
    close: () => transport.close(),
  }
}

/** For trying things out: a file per mail, which any mail program opens. The log says that, never what is in it. */
function fileMailer({ folder, from }: MailConfig, log: Log): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true }, { from })
  return {
    async send(mail) {
      const { message } = await transport.sendMail(mail)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = join(folder, `${Date.now()}-${randomUUID()}.eml`)
      // Whoever watches the folder sees whole mails only.
      await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 })
      await rename(`${file}.part`, file)
      log.warn({ file }, 'a mail was written to a file: MAIL_URL is not set')
    },
    close: () => transport.close(),
  }
}
