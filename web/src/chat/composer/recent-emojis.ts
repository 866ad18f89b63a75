import { storedForUsers, useStored } from '../../browser/stored'
import { useMe } from '../../platform/client-context'

const MAX_RECENT = 32
/** As they were inserted, the last one first; by user. */
const recent = storedForUsers<Record<string, readonly string[]>>('recent-emojis', {})

/** What the user has inserted lately, the last one first, and what adds to that. */
export function useRecentEmojis(): [readonly string[], (text: string) => void] {
  const { id } = useMe()
  const [all, setAll] = useStored(recent)
  const lately = all[id] ?? []
  const add = (text: string) =>
    setAll({ ...all, [id]: [text, ...lately.filter((other) => other !== text)].slice(0, MAX_RECENT) })
  return [lately, add]
}

/** For when a user logs out. */
export function forgetRecentEmojis(userId: string): void {
  const { [userId]: _, ...others } = recent.get()
  recent.set(others)
}
