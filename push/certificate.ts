import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createSecureContext, type Server as TlsServer } from 'node:tls'
import { ConfigError } from '../shared/server/env.js'
import type { Log } from '../shared/server/log.js'
import type { TlsConfig } from './config.js'

/** Certificates are written file by file: both should be there when they are read. */
const SETTLE_MS = 1000
/** Not every file system tells of changes. */
const LOOK_EVERY_MS = 3600_000

export interface Certificate {
  cert: Buffer
  key: Buffer
}

/** Reads certificate and key. Throws ConfigError when they cannot be read or do not belong together. */
export async function readCertificate({ certFile, keyFile }: TlsConfig): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT ${certFile} and TLS_KEY ${keyFile} cannot be used: ${(error as Error).message}.\n` +
        'Set both to files in PEM that belong together, or none.',
    )
  }
}

/**
 * Gives the servers the certificate anew when its files change, as they do every few months: seconds later where
 * the file system tells, within an hour elsewhere. Returns what ends that.
 */
export function renewCertificate(
  config: TlsConfig,
  current: Certificate,
  servers: Pick<TlsServer, 'setSecureContext'>[],
  log: Log,
): () => void {
  let used = current
  let timer: NodeJS.Timeout | undefined
  const look = async () => {
    timer = undefined
    try {
      const found = await readCertificate(config)
      if (found.cert.equals(used.cert) && found.key.equals(used.key)) return
      for (const server of servers) server.setSecureContext(found)
      used = found
      log.info('the TLS certificate was read anew')
    } catch (error) {
      log.error({ err: error }, 'the TLS certificate was not renewed, the old one stays in use')
    }
  }
  // One that waits already is not put off: something else in the folder may change all the time.
  const lookSoon = () => {
    timer ??= setTimeout(look, SETTLE_MS).unref()
  }
  const hourly = setInterval(lookSoon, LOOK_EVERY_MS).unref()
  const watchers = watchFolders(config, lookSoon, log)
  return () => {
    clearTimeout(timer)
    clearInterval(hourly)
    for (const watcher of watchers) watcher.close()
  }
}

/** Folders, as renewing often replaces the files, or the links to them. */
function watchFolders({ certFile, keyFile }: TlsConfig, onChange: () => void, log: Log): FSWatcher[] {
  const watchers: FSWatcher[] = []
  for (const folder of new Set([certFile, keyFile].map((file) => dirname(file)))) {
    const onError = (error: unknown) =>
      log.warn({ err: error, folder }, 'the TLS certificate is looked at every hour only')
    try {
      watchers.push(watch(folder, { persistent: false }, onChange).on('error', onError))
    } catch (error) {
      onError(error)
    }
  }
  return watchers
}
