import { remembered, stored, useStored } from '../../platform/stored'
import { forgetPicked } from './picked-files'

/** What was begun and not sent, by user and session. */
let drafts = stored<Record<string, string>>('drafts', {})

/** For pages that leave nothing in the browser. To be called before anything is shown. */
export function keepDraftsInMemory(): void {
  drafts = remembered({})
}

const keyOf = (userId: string, sessionId: string) => `${userId}/${sessionId}`

/** What this user has begun to write there; blank when nothing. */
export function draftOf(userId: string, sessionId: string): string {
  return drafts.get()[keyOf(userId, sessionId)] ?? ''
}

/** The same for views, which show it as it changes: the list of conversations does. */
export function useDraft(userId: string, sessionId: string): string {
  return useStored(drafts)[0][keyOf(userId, sessionId)] ?? ''
}

export function keepDraft(userId: string, sessionId: string, text: string): void {
  const { [keyOf(userId, sessionId)]: before = '', ...others } = drafts.get()
  if (text === before) return
  drafts.set(text === '' ? others : { ...others, [keyOf(userId, sessionId)]: text })
}

/** For when a user logs out: nothing of theirs stays on this device. */
export function forgetDrafts(userId: string): void {
  const kept = Object.entries(drafts.get()).filter(([key]) => !key.startsWith(`${userId}/`))
  drafts.set(Object.fromEntries(kept))
  forgetPicked(userId)
}
