import { type Session, system } from 'nudge-sdk'
import { useCallback } from 'react'
import { useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { type Announced, announcedTexts } from '../words/system-lines'

/**
 * Leaves a line in the chat about what the user has just done to the group, in the user's language. The server says who
 * comes and goes; of the rest whoever does it tells, as yun2win clients do. Readers get it in theirs: see `systemLine`.
 */
export function useAnnounce(
  session: Session,
): (said: Exclude<Announced, 'saidRecalled'>, name?: string) => void {
  const t = useTexts(announcedTexts)
  const client = useClient()
  return useCallback(
    (said, name = '') => {
      session.send(system, { text: t[said](client.me?.name ?? '', name) })
    },
    [client, session, t],
  )
}
