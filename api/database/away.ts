/** Postgres: connection failures (class 08), shutting down, too many connections, cancelled by a time limit. */
const SQLSTATE = /^(08...|57P0[1-3]|57014|53300|25P03)$/
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])
/** pg and its pool give these no code. */
const MESSAGE =
  /^(Query read timeout|timeout exceeded when trying to connect|Connection terminated|Client has encountered)/

/** True when an error says that the database cannot be used just now, whatever was asked of it. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isDatabaseAway)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return SQLSTATE.test(code) || SOCKET.has(code) || MESSAGE.test(error.message)
}
