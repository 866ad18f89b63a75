import { Button, Center, Loader } from '@mantine/core'
import { IconMoodConfuzed } from '@tabler/icons-react'
import { NudgeError, type User } from 'nudge-sdk'
import { useCallback, useEffect, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { describeError, errorTexts } from '../platform/errors'
import { useList } from '../platform/use-list'
import { EmptyState } from '../ui/empty-state'
import { PaneHeader } from '../ui/pane-header'
import { ContactCard } from './contact-card'
import { contactTexts } from './texts'
import { UserCard } from './user-card'

/** What the user knows of somebody, whether a contact or not. */
export function ContactPage({ userId }: { userId: string }) {
  const t = useTexts(contactTexts)
  const client = useClient()
  const me = useMe()
  useList(client.contacts)
  const contact = client.contacts.byUser(userId)
  return (
    <>
      <PaneHeader title={t.contact} backTo={paths.contacts} />
      {contact ? (
        <ContactCard contact={contact} />
      ) : userId === me.id ? (
        <UserCard user={me} />
      ) : (
        <Stranger userId={userId} />
      )}
    </>
  )
}

function Stranger({ userId }: { userId: string }) {
  const t = useTexts(contactTexts)
  const errors = useTexts(errorTexts)
  const client = useClient()
  const [user, setUser] = useState<User>()
  const [failure, setFailure] = useState<unknown>()
  const fetchUser = useCallback(() => {
    setFailure(undefined)
    client.users.fetch(userId).then(setUser, setFailure)
  }, [client, userId])
  useEffect(fetchUser, [fetchUser])

  if (user) return <UserCard user={user} />
  if (failure === undefined) {
    return (
      <Center h="100%">
        <Loader size="sm" />
      </Center>
    )
  }
  if (failure instanceof NudgeError && ['NotFound', 'InvalidParameter'].includes(failure.code)) {
    return (
      <EmptyState icon={IconMoodConfuzed} title={t.missingTitle}>
        {t.missing}
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={IconMoodConfuzed} title={t.failed}>
      {describeError(failure, errors)}
      <br />
      <Button mt="md" onClick={fetchUser}>
        {t.again}
      </Button>
    </EmptyState>
  )
}
