import { Button } from '@mantine/core'
import { IconMessage, IconSettings, IconUserPlus } from '@tabler/icons-react'
import { Link } from 'wouter'
import { useTexts } from '../i18n/texts'
import { paths } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { Profile } from './profile'
import { contactTexts } from './texts'
import { useOpenChat } from './use-open-chat'

/** Somebody who is no contact: to write to, or to add. Or the user. */
export function UserCard({
  user: { id, name, account, avatarUrl },
}: {
  user: { id: string; name: string; account: string; avatarUrl: string }
}) {
  const t = useTexts(contactTexts)
  const client = useClient()
  const me = useMe()
  const { isBusy: isOpening, openChat } = useOpenChat()
  const { isBusy: isAdding, run } = useTask()
  const profile = { displayName: name, name, account, avatarUrl }
  if (id === me.id) {
    return (
      <Profile
        {...profile}
        hint={t.isYou}
        actions={
          <Button
            component={Link}
            href={paths.settings}
            variant="default"
            leftSection={<IconSettings size={18} aria-hidden />}
          >
            {t.editOwn}
          </Button>
        }
      />
    )
  }
  return (
    <Profile
      {...profile}
      hint={t.noContact}
      actions={
        <>
          <Button
            leftSection={<IconUserPlus size={18} aria-hidden />}
            loading={isAdding}
            onClick={() => run(() => client.contacts.add(id))}
          >
            {t.addToContacts}
          </Button>
          <Button
            variant="default"
            leftSection={<IconMessage size={18} aria-hidden />}
            loading={isOpening}
            onClick={() => openChat(id)}
          >
            {t.message}
          </Button>
        </>
      }
    />
  )
}
