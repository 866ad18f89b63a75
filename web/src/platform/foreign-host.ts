import type { Client } from 'nudge-sdk'

type Files = Pick<Client['files'], 'urlOf'>

/** So much of the end of a long name is shown: whose it is stands there. */
const SHOWN_LENGTH = 48

/**
 * Who would be asked for a file besides our own server: `example.com`. Undefined of what is ours, and of what asks
 * nobody. Whoever sends a message chooses what it names, and who is asked learns who reads it, when and from where.
 */
export function foreignHost(files: Files, src: string): string | undefined {
  const address = parse(files.urlOf(src))
  if (!address || !/^https?:$/.test(address.protocol)) return undefined
  if (address.origin === parse(files.urlOf('/'))?.origin) return undefined
  const { host } = address
  return host.length > SHOWN_LENGTH ? `…${host.slice(-SHOWN_LENGTH)}` : host
}

/** As `files.urlOf`, of what may be loaded without asking; undefined of the rest. */
export function ownAddress(
  files: Files,
  src: string,
  options?: Parameters<Files['urlOf']>[1],
): string | undefined {
  return foreignHost(files, src) === undefined ? files.urlOf(src, options) : undefined
}

/** Undefined of what is no address, which no browser can load either. */
function parse(address = ''): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}
