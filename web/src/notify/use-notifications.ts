import { useEffect, useRef, useState } from 'react'
import { useLanguage } from '../i18n/language'
import type { Place } from '../places/places'
import { useClient } from '../platform/client-context'
import { Announcer } from './announcer'
import { Attention } from './attention'
import { Badge } from './badge'
import { useUnread } from './use-unread'

/** Tells of messages that the user does not see come: title, sound, notification of the desktop. */
export function useNotifications(place: Place): void {
  const client = useClient()
  const language = useLanguage()
  const [running, setRunning] = useState<{ attention: Attention; announcer: Announcer }>()

  useEffect(() => {
    const attention = new Attention()
    const announcer = new Announcer(client, attention)
    setRunning({ attention, announcer })
    return () => {
      announcer.close()
      attention.close()
    }
  }, [client])

  const openSession = place.section === 'chats' ? place.sessionId : undefined
  useEffect(() => running?.attention.setOpen(openSession), [running, openSession])
  useEffect(() => {
    if (running) running.announcer.language = language
  }, [running, language])

  const unreadOf = useUnread()
  const badge = useRef<Badge>(undefined)
  useEffect(() => {
    const shown = new Badge()
    badge.current = shown
    return () => shown.show(0)
  }, [])
  useEffect(() => {
    const { conversations } = client
    const show = () => {
      badge.current?.show(conversations.items.reduce((sum, conversation) => sum + unreadOf(conversation), 0))
    }
    show()
    return conversations.subscribe(show)
  }, [client, unreadOf])
}
