import { type Session, system } from 'nudge-sdk'
import { useCallback } from 'react'
import { useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { groupTexts } from './texts'

type Said = 'saidRenamed' | 'saidPicture' | 'saidTransferred' | 'saidAppointed' | 'saidDismissed'

/**
 * Leaves a line in the chat about what the user has just done to the group, in the user's language. The server says who
 * comes and goes; of the rest whoever does it tells, as yun2win clients do.
 */
export function useAnnounce(session: Session): (said: Said, name?: string) => void {
  const t = useTexts(groupTexts)
  const client = useClient()
  return useCallback(
    (said, name = '') => {
      session.send(system, { text: t[said](client.me?.name ?? '', name) })
    },
    [client, session, t],
  )
}
