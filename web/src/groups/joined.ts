import type { Member } from 'nudge-sdk'

/** How many are in a group: who was invited by e-mail is not, yet. */
export function countJoined(members: readonly Pick<Member, 'isInvited'>[]): number {
  return members.filter(({ isInvited }) => !isInvited).length
}
