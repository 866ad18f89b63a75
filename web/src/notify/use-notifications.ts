import { useEffect, useRef, useState } from 'react'
import { useLanguage } from '../i18n/language'
import { useClient } from '../platform/client-context'
import type { Place } from '../shell/places'
import { Announcer } from './announcer'
import { Attention, onAttention } from './attention'
import { Badge } from './badge'

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

  const badge = useRef<Badge>(undefined)
  useEffect(() => {
    const shown = new Badge()
    badge.current = shown
    return () => shown.show(0)
  }, [])
  useEffect(() => {
    // What is being read is as good as read: it must not blink.
    const isRead = (sessionId: string) => sessionId === openSession && !document.hidden && document.hasFocus()
    const show = () => {
      const unread = client.conversations.items.reduce(
        (sum, conversation) => sum + (isRead(conversation.sessionId) ? 0 : conversation.unread),
        0,
      )
      badge.current?.show(unread)
    }
    show()
    const offs = [client.conversations.subscribe(show), onAttention(show)]
    return () => {
      for (const off of offs) off()
    }
  }, [client, openSession])
}
