import { forgetUserIn, storedForUsers, useStored } from '../browser/stored.js'

/** What was begun and not sent, by user and session. */
const drafts = storedForUsers<Record<string, string>>('drafts', {})
/** Keys of what this page is sending. */
const underWay = new Set<string>()

const keyOf = (userId: string, sessionId: string) => `${userId}/${sessionId}`
/** For words on their way to the outbox: they are kept beside the draft, should this page not live to send them. */
const leavingOf = (key: string) => `${key}/leaving/`

/** What this user has begun to write there; blank when nothing. */
export function draftOf(userId: string, sessionId: string): string {
  return read(drafts.get(), keyOf(userId, sessionId))
}

/** The same for views, which show it as it changes: the list of conversations does. */
export function useDraft(userId: string, sessionId: string): string {
  return read(useStored(drafts)[0], keyOf(userId, sessionId))
}

export function keepDraft(userId: string, sessionId: string, text: string): void {
  const key = keyOf(userId, sessionId)
  if (text === draftOf(userId, sessionId)) return
  put({ ...withoutLeft(key), [key]: text })
}

/**
 * What is sent is no draft any more, and kept until `send` has given it to the outbox. Where that gives false, or the
 * page goes away before, it is a draft again, above what was begun meanwhile; but not once the user has logged out.
 */
export async function sendDraft(
  userId: string,
  sessionId: string,
  text: string,
  send: () => Promise<boolean>,
): Promise<boolean> {
  const key = keyOf(userId, sessionId)
  const leaving = `${leavingOf(key)}${Date.now()}-${Math.random()}`
  underWay.add(leaving)
  put({ ...withoutLeft(key), [key]: '', [leaving]: text })
  const isSent = await send()
  underWay.delete(leaving)
  put(isSent ? { [leaving]: '' } : {})
  return isSent
}

/** For when a user logs out: nothing of theirs stays on this device. */
export function forgetDrafts(userId: string): void {
  forgetUserIn(drafts, userId)
}

function read(all: Record<string, string>, key: string): string {
  return [...leftOf(all, key).map(([, text]) => text), all[key]].filter(Boolean).join('\n')
}

/** What was on its way and is so no more, the oldest first. */
function leftOf(all: Record<string, string>, key: string): [leaving: string, text: string][] {
  const left = Object.entries(all).filter(([name]) => name.startsWith(leavingOf(key)) && !underWay.has(name))
  return left.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What a page left that is gone is part of the text that is kept or sent next. */
function withoutLeft(key: string): Record<string, string> {
  return Object.fromEntries(leftOf(drafts.get(), key).map(([leaving]) => [leaving, '']))
}

/** Blank ones go. */
function put(changes: Record<string, string>): void {
  const all = Object.entries({ ...drafts.get(), ...changes })
  drafts.set(Object.fromEntries(all.filter(([, text]) => text !== '')))
}
