import type { MemberObject, MemberRole } from '../../../shared/wire/objects.js'
import { Entity } from './entity.js'

/** Somebody in a session. */
export class Member extends Entity<MemberObject> {
  /** Of the user; the e-mail address of somebody who was invited and has no account yet. */
  get userId(): string {
    return this.row.userId
  }

  get name(): string {
    return this.row.name
  }

  get avatarUrl(): string {
    return this.row.avatarUrl
  }

  get pinyin(): readonly string[] {
    return this.row.pinyin ?? []
  }

  get role(): MemberRole {
    return this.row.role
  }

  /** Invited by e-mail, and not here yet. */
  get isInvited(): boolean {
    return this.row.role === 'email'
  }

  /** ms; last change of membership. */
  get joinedAt(): number {
    return Date.parse(this.row.createdAt)
  }
}

const RANK: Record<MemberRole, number> = { master: 0, admin: 1, user: 2, email: 3 }

/** Who runs the group first, then by name. */
export function compareMembers(a: Member, b: Member): number {
  return RANK[a.role] - RANK[b.role] || a.name.localeCompare(b.name) || Number(a.id) - Number(b.id)
}
