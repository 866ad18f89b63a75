import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The key in the newest mail to an address, of a server without MAIL_URL: it writes its mails below DATA_DIR. */
export async function keyMailedTo(dataDir: string, email: string): Promise<string> {
  const folder = join(dataDir, 'outbox')
  for (let n = 0; n < 400; n += 1) {
    const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.eml'))
    // Their names begin with the time.
    for (const file of files.sort().reverse()) {
      const mail = await readFile(join(folder, file), 'utf8')
      if (mail.includes(`To: ${email}\r\n`)) return keyIn(mail)
    }
    await sleep(25)
  }
  throw new Error(`no mail to ${email}`)
}

function keyIn(mail: string): string {
  const body = mail.slice(mail.indexOf('\r\n\r\n'))
  const text = /Content-Transfer-Encoding: base64/i.test(mail)
    ? Buffer.from(body, 'base64').toString()
    : body
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  const link = /https?:\/\/\S+/.exec(text)?.[0]
  const key = link && new URL(link).searchParams.get('key')
  if (!key) throw new Error(`no link in ${text}`)
  return key
}
