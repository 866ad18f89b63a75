import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createSecureContext, type Server as TlsServer } from 'node:tls'
import { ConfigError } from '../shared/server/env.js'
import type { Log } from '../shared/server/log.js'
import type { TlsConfig } from './config.js'

/** Certificates are written file by file: both should be there when they are read. */
const SETTLE_MS = 1000

interface Certificate {
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

/** Gives the servers the certificate anew when its files change, as they do every few months. */
export function renewCertificate(
  config: TlsConfig,
  servers: Pick<TlsServer, 'setSecureContext'>[],
  log: Log,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const renew = async () => {
    try {
      const certificate = await readCertificate(config)
      for (const server of servers) server.setSecureContext(certificate)
      log.info('the TLS certificate was read anew')
    } catch (error) {
      log.error({ err: error }, 'the TLS certificate was not renewed, the old one stays in use')
    }
  }
  const onChange = () => {
    clearTimeout(timer)
    timer = setTimeout(renew, SETTLE_MS)
    timer.unref()
  }
  // Folders, as renewing often replaces the files, or the links to them.
  const folders = new Set([config.certFile, config.keyFile].map((file) => dirname(file)))
  const watchers: FSWatcher[] = [...folders].map((folder) => watch(folder, { persistent: false }, onChange))
  for (const watcher of watchers) watcher.on('error', () => {})
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
