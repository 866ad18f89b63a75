import type { Credentials, Me } from 'nudge-sdk'
import { useCallback, useEffect, useRef, useState } from 'react'
import { onAttention } from '../browser/attention'
import { useClient } from '../platform/client-context'
import { forgetInWindow, forgetUser } from './forget-user'

/**
 * Why nobody is logged in any more: the server ended the login, another window did, or what this device keeps could
 * not be read.
 */
export type Ended = 'rejected' | 'elsewhere' | 'unreadable'

export type Stage =
  | { is: 'resuming' }
  | { is: 'in'; userId: string }
  /** `account`: of who was logged in, unless it was the user who ended it. */
  | { is: 'out'; ended?: Ended; account?: string }

/** Who is logged in on this device: goes on with the login it finds, and follows it to its end. */
export function useLogin(): {
  stage: Stage
  logIn(with_: Credentials): Promise<void>
  logOut(): Promise<void>
} {
  const client = useClient()
  const [stage, setStage] = useState<Stage>({ is: 'resuming' })
  /** Who is logged in: when a login ends, the client forgets it. */
  const last = useRef<Me>(undefined)
  const isLeaving = useRef(false)
  /** Somebody takes the place of who is there, if anybody is. */
  const isEntering = useRef(false)

  const enter = useCallback(() => {
    const { me } = client
    if (!me) return false
    last.current = me
    setStage({ is: 'in', userId: me.id })
    return true
  }, [client])

  useEffect(() => {
    let isOver = false
    client.resume().then(
      () => {
        if (!isOver && !enter()) setStage({ is: 'out' })
      },
      () => {
        if (!isOver) setStage({ is: 'out', ended: 'unreadable' })
      },
    )
    const offs = [
      client.on('me', (me) => {
        last.current = me
      }),
      client.on('loggedOut', ({ reason }) => {
        if (isEntering.current) return
        if (reason === 'logout' && last.current) forgetInWindow(last.current.id)
        if (isLeaving.current) setStage({ is: 'out' })
        else
          setStage({
            is: 'out',
            ended: reason === 'logout' ? 'elsewhere' : reason,
            account: last.current?.account,
          })
      }),
    ]
    return () => {
      isOver = true
      for (const off of offs) off()
    }
  }, [client, enter])

  // Another window may have logged in meanwhile; nobody tells this one.
  const isOut = stage.is === 'out'
  useEffect(() => {
    if (!isOut) return
    const look = () => {
      if (!document.hidden) void client.resume().then(enter, () => {})
    }
    return onAttention(look)
  }, [client, enter, isOut])

  const logIn = useCallback(
    async (credentials: Credentials) => {
      const before = client.me?.id
      isEntering.current = true
      try {
        const { id } = await client.login(credentials)
        if (before !== undefined && before !== id) forgetUser(before)
      } finally {
        isEntering.current = false
        if (!enter()) setStage((stage) => (stage.is === 'in' ? { is: 'out' } : stage))
      }
    },
    [client, enter],
  )
  const logOut = useCallback(async () => {
    isLeaving.current = true
    const userId = client.me?.id
    try {
      await client.logout()
      if (userId !== undefined) forgetUser(userId)
    } finally {
      isLeaving.current = false
    }
  }, [client])

  return { stage, logIn, logOut }
}
