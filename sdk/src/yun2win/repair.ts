import { sendReturnCode } from './codes.js'
import type { CurrentUser } from './current-user.js'
import type { IMClient, IMMember, IMSession } from './im-client.js'
import type { SessionMember } from './session-members.js'
import type { Session } from './sessions.js'

/** So many times the members are fetched again before push is told to take ours. (yun2win.md §2.6) */
const MAX_EXPIRED = 3
const MAX_TIMEOUTS = 11

/** Sends to a session over push and does what its acks ask for. What fails is lost: it said where to look, no more. */
export class Repair {
  constructor(
    private readonly user: CurrentUser,
    private readonly client: () => IMClient | undefined,
  ) {}

  send(imSession: IMSession, message: object, expired = 0, timeouts = 0): void {
    this.client()?.sendMessage(imSession, message, {
      onFailure: (code, _session, _message, mts) => {
        switch (code) {
          case sendReturnCode.timeout:
            if (timeouts < MAX_TIMEOUTS) this.send(imSession, message, expired, timeouts + 1)
            break
          case sendReturnCode.sessionOnServerIsNotExist:
            this.#update(imSession, message, liveMembers, false)
            break
          case sendReturnCode.sessionMTSOnClientHasExpired:
            if (expired + 1 < MAX_EXPIRED) void this.#refetch(imSession, message, expired + 1)
            else this.#update(imSession, message, allMembers, true)
            break
          case sendReturnCode.sessionMTSOnServerHasExpired:
            this.#update(imSession, message, (session) => membersSince(session, mts ?? 0), false)
        }
      },
    })
  }

  #update(
    { id }: IMSession,
    message: object,
    members: (session: Session) => IMMember[],
    force: boolean,
    timeouts = 0,
  ): void {
    const session = this.#sessionOf(id)
    if (!session) return
    const imSession = { ...imSessionOf(session), members: members(session), force }
    this.client()?.updateSession(imSession, message, {
      onFailure: (code) => {
        const isSilent = code === sendReturnCode.timeout && timeouts < MAX_TIMEOUTS
        if (isSilent) this.#update(imSession, message, members, force, timeouts + 1)
      },
    })
  }

  async #refetch({ id }: IMSession, message: object, expired: number): Promise<void> {
    const session = this.#sessionOf(id)
    // Forgotten meanwhile, as after leaving a group.
    if (!session) return
    try {
      await session.sessions.refresh(session)
    } catch {
      return
    }
    this.send(imSessionOf(session), message, expired)
  }

  #sessionOf(ref: string): Session | undefined {
    return this.user.sessions.getById(ref.split('_')[1] ?? '')
  }
}

export function imSessionOf(session: Session): IMSession {
  return { id: `${session.type}_${session.id}`, mts: session.members.createdAt }
}

const isUser = ({ role }: SessionMember) => role !== 'email'
const changeOf = ({ userId, isDelete }: SessionMember): IMMember => ({ uid: userId, isDel: isDelete })

export function liveMembers({ members }: Session): IMMember[] {
  return members
    .getMembers()
    .filter(isUser)
    .map(({ userId }) => ({ uid: userId }))
}

function allMembers({ members }: Session): IMMember[] {
  return members.list.all().filter(isUser).map(changeOf)
}

export function membersSince({ members }: Session, mts: number): IMMember[] {
  return members.list
    .all()
    .filter((member) => isUser(member) && member.createdAt > mts)
    .map(changeOf)
}
