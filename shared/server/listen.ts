import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { ConfigError } from './env.js'

export interface ListenAt {
  host: string
  /** 0 takes any free port. */
  port: number
  /** The environment variable that sets the port, for messages. */
  variable: string
}

/**
 * Connections that may wait to be accepted, as far as the kernel allows (net.core.somaxconn). With Node's 511, clients
 * that all come back at once are partly dropped, some of them believing for a minute that they are connected.
 */
const BACKLOG = 4096

/** Starts to listen and gives the port that was bound. Throws ConfigError, with what to do, when it cannot be had. */
export async function listen(server: Server, { host, port, variable }: ListenAt): Promise<number> {
  server.listen(port, host, BACKLOG)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, { host, port, variable })
  }
  return (server.address() as AddressInfo).port
}

function explain(error: NodeJS.ErrnoException, { host, port, variable }: ListenAt): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        `${variable} ${port} on ${host} is taken by another program. Stop it or set another ${variable}.`,
      )
    case 'EACCES':
      return new ConfigError(`${variable} ${port} may not be opened by this user. Set another one.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError(`HOST ${host} is not an address of this machine.`)
    default:
      return error
  }
}

/** Stops listening; resolves when the last connection has ended. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
  })
}
