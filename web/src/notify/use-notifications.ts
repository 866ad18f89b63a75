import { useEffect, useState } from 'react'
import { useLanguage } from '../i18n/language'
import { useClient } from '../platform/client-context'
import type { Place } from '../shell/places'
import { Announcer } from './announcer'
import { Attention } from './attention'
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

  useEffect(() => {
    const badge = new Badge()
    const count = () => client.conversations.items.reduce((sum, { unread }) => sum + unread, 0)
    const show = () => badge.show(count())
    show()
    const off = client.conversations.subscribe(show)
    return () => {
      off()
      badge.show(0)
    }
  }, [client])
}
