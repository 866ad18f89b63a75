import { execFileSync } from 'node:child_process'

/** What a process opens beside its devices: files, pipes, connections to the database. */
const SPARE = 200

/** Why a process that we start cannot hold so many sockets; undefined when it can. */
export function shortageOf(sockets: number): string | undefined {
  // Node raises its own limit to the hard one, and so does whom it starts.
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn']).toString().trim()
  if (limit === 'unlimited' || Number(limit) >= sockets + SPARE) return undefined
  return `A process may open ${limit} files here, and ${sockets} sockets are wanted: raise \`ulimit -Hn\`.`
}
