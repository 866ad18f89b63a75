import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { NudgeError, type Session } from 'nudge-sdk'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { LOCALES, useLanguage } from '../i18n/language'
import { useTexts } from '../i18n/texts'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { describeError, errorTexts } from '../platform/errors'
import { useTask } from '../platform/use-task'
import { useFirstFocus } from '../ui/use-first-focus'
import { MemberPicker } from './member-picker'
import { PictureButton } from './picture-button'
import { groupTexts } from './texts'

/** How long (ms) it is told who is missing in a new group. */
const MISSING_MS = 15_000

/** Creates a group, and opens its chat. */
export function NewGroup({ onDone }: { onDone(): void }) {
  const t = useTexts(groupTexts)
  const errors = useTexts(errorTexts)
  const locale = LOCALES[useLanguage()]
  const client = useClient()
  const [, navigate] = useLocation()
  const { isBusy, run } = useTask()
  const [name, setName] = useState('')
  const [avatarUrl, setAvatarUrl] = useState('')
  const [members, setMembers] = useState<string[]>([])
  const canCreate = members.length > 0
  const isHere = useRef(true)
  useEffect(() => {
    isHere.current = true
    return () => {
      isHere.current = false
    }
  }, [])
  const input = useFirstFocus<HTMLInputElement>()

  const create = async () => {
    // The others come after it: whatever becomes of them, there is one group, and it is opened.
    const session = await client.sessions.createGroup({
      ...(name.trim() !== '' && { name: name.trim() }),
      ...(avatarUrl !== '' && { avatarUrl }),
    })
    const { missing, error } = await addAll(session, members)
    // Who has closed the dialog meanwhile is somewhere else.
    if (isHere.current) {
      navigate(paths.chat(session.id))
      onDone()
    }
    if (missing.length === 0) return
    const names = missing.map((userId) => client.contacts.byUser(userId)?.displayName ?? userId)
    notifications.show({
      color: 'red',
      autoClose: MISSING_MS,
      message: t.createdWithout(new Intl.ListFormat(locale).format(names), describeError(error, errors)),
    })
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (canCreate && !isBusy) void run(create)
      }}
    >
      <Stack gap="md">
        <Group gap="md" wrap="nowrap" align="center">
          <PictureButton name={name.trim()} src={avatarUrl} size={64} onPicked={setAvatarUrl} />
          <TextInput
            ref={input}
            data-autofocus
            flex={1}
            label={t.name}
            description={t.nameHint}
            maxLength={255}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Group>
        <div>
          <Text component="h3" size="sm" fw={600} mb="xs">
            {t.members}
          </Text>
          <MemberPicker picked={members} onChange={setMembers} />
        </div>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" disabled={isBusy} onClick={onDone}>
            {t.cancel}
          </Button>
          {/* Disabled, it keeps Enter in the fields from sending the form. */}
          <Button type="submit" loading={isBusy} disabled={!canCreate}>
            {t.create(members.length)}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Adds those it can. Gives whom it could not, and the last reason. */
async function addAll(session: Session, userIds: readonly string[]) {
  const missing: string[] = []
  let error: unknown
  for (const [at, userId] of userIds.entries()) {
    try {
      await session.addMember(userId)
    } catch (reason) {
      error = reason
      missing.push(userId)
      if (!(reason instanceof NudgeError) || reason.code !== 'Unreachable') continue
      // Without a connection, the others would only take their time.
      missing.push(...userIds.slice(at + 1))
      break
    }
  }
  return { missing, error }
}
