import { forgetRecentEmojis } from '../chat/composer/recent-emojis'
import { forgetElsewhere } from '../chat/content/use-elsewhere'
import { forgetDrafts } from '../drafts/drafts'
import { forgetPicked } from '../drafts/picked-files'
import { forgetTyped } from '../platform/use-typed'

/** For when a user logs out: nothing of theirs stays on this device. */
export function forgetUser(userId: string): void {
  forgetDrafts(userId)
  forgetRecentEmojis(userId)
  forgetInWindow(userId)
}

/** What each window has of its own, and must let go of when another one logs the user out. */
export function forgetInWindow(userId: string): void {
  forgetPicked(userId)
  forgetTyped(userId)
  forgetElsewhere()
}
