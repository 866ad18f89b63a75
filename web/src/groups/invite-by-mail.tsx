import { Button, Group, Stack, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Session } from 'nudge-sdk'
import { useState } from 'react'
import { useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { useFirstFocus } from '../ui/use-first-focus'
import { groupTexts } from './texts'

/** Asks somebody into a group by their e-mail address, whether they have an account or not. */
export function InviteByMail({ session, onDone }: { session: Session; onDone(): void }) {
  const t = useTexts(groupTexts)
  const { isBusy, run } = useTask()
  const [address, setAddress] = useState('')
  const [isBad, setBad] = useState(false)
  const input = useFirstFocus<HTMLInputElement>()

  const invite = async () => {
    await session.invite(address.trim())
    const isWaiting = session.members.items.some(
      ({ isInvited, userId }) => isInvited && userId.toLowerCase() === address.trim().toLowerCase(),
    )
    notifications.show({ message: isWaiting ? t.invited(address.trim()) : t.added(address.trim()) })
    onDone()
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (isAddress(address)) void run(invite)
        else setBad(true)
      }}
    >
      <Stack gap="md">
        <TextInput
          ref={input}
          data-autofocus
          type="email"
          label={t.address}
          description={t.inviteHint}
          placeholder="name@example.com"
          autoComplete="off"
          value={address}
          error={isBad && t.badAddress}
          onChange={(event) => {
            setAddress(event.currentTarget.value)
            setBad(false)
          }}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t.sendInvitation}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function isAddress(text: string): boolean {
  return /^[^\s@,;:()[\]\\]+@[^\s@,;:()[\]\\]+$/.test(text.trim())
}
