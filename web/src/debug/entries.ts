import type { StatusEvent, Trace } from 'nudge-sdk'

/** Which way something went, seen from this device, or what became of it here. */
export type Direction = 'in' | 'out' | 'here'

/** What an entry is an example of: each has its explanation in the panel. */
export type EntryKind = 'nudge' | 'custom' | 'ack' | 'held' | 'pull' | 'write' | 'read' | 'state'

/** One line of the developer's view. */
export interface Entry {
  id: number
  /** ms since 1970. */
  at: number
  kind: EntryKind
  direction: Direction
  /** What went over the wire, or happened. */
  title: string
  /** What came of it: `200 · 3 rows · 12 ms`. */
  outcome?: string
  isFailure?: boolean
  /** Whole, as it came. */
  detail: object
  /** Rows of a pull. */
  rows?: number
}

type Draft = Omit<Entry, 'id' | 'at'>

/** What a trace of the SDK says, in the words of the protocol. */
export function entryOf(trace: Trace): Draft {
  switch (trace.kind) {
    case 'request':
      return ofRequest(trace.request)
    case 'frame':
      return ofFrame(trace.frame)
    case 'held':
      return {
        kind: 'held',
        direction: 'here',
        title: wordsOf(trace.sync),
        outcome: `stamp ${trace.stamp}`,
        detail: { sync: trace.sync, stamp: trace.stamp },
      }
  }
}

export function entryOfStatus({ state, previous, retryAt }: StatusEvent): Draft {
  return {
    kind: 'state',
    direction: 'here',
    title: `${previous} → ${state}`,
    detail: { state, previous, ...(retryAt !== undefined && { retryAt }) },
    isFailure: state === 'offline' || state === 'kicked',
  }
}

function ofRequest(request: Extract<Trace, { kind: 'request' }>['request']): Draft {
  const { method, path, cursor, status, rows, tookMs } = request
  const isPull = cursor !== undefined
  const answer = status === 0 ? 'no answer' : String(status)
  return {
    kind: isPull ? 'pull' : method === 'GET' ? 'read' : 'write',
    direction: 'out',
    title: `${method} ${path.startsWith('/') ? path : `/v1/${path}`}${isPull ? ` · Client-Sync-Time ${cursor}` : ''}`,
    outcome: [
      answer,
      ...(rows === undefined ? [] : [`${rows} ${rows === 1 ? 'row' : 'rows'}`]),
      `${tookMs} ms`,
    ].join(' · '),
    isFailure: status === 0 || status >= 400,
    detail: request,
    ...(isPull && rows !== undefined && { rows }),
  }
}

interface Frame {
  message?: { syncs?: Sync[] }
  returnCode?: number
  stamp?: number
}

type Sync = Extract<Trace, { kind: 'held' }>['sync']

function ofFrame(frame: Frame): Draft {
  const syncs = frame.message?.syncs
  if (Array.isArray(syncs)) {
    return {
      kind: 'nudge',
      direction: 'in',
      title: syncs.map(wordsOf).join(', '),
      ...(frame.stamp !== undefined && { outcome: `stamp ${frame.stamp}` }),
      detail: frame,
    }
  }
  if (frame.returnCode !== undefined) {
    return { kind: 'ack', direction: 'in', title: `returnCode ${frame.returnCode}`, detail: frame }
  }
  return { kind: 'custom', direction: 'in', title: JSON.stringify(frame.message ?? frame), detail: frame }
}

const COLLECTIONS: Record<string, string> = {
  0: 'conversations',
  1: 'messages',
  2: 'contacts',
  3: 'favourites',
  user: 'profile',
  members: 'members',
}

function wordsOf({ type, sessionId }: Sync): string {
  const name = COLLECTIONS[String(type)] ?? String(type)
  return sessionId === undefined ? name : `${name} of ${sessionId}`
}
