import { pino } from 'pino'

export type Log = pino.Logger

/** JSON lines on stdout. Ids only: message bodies and tokens appear in no log line. */
export function createLog(name: string, level: string): Log {
  return pino({ name, level })
}
