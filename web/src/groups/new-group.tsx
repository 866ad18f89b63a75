import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { paths } from '../shell/places'
import { MemberPicker } from './member-picker'
import { PictureButton } from './picture-button'
import { groupTexts } from './texts'

/** Creates a group, and opens its chat. */
export function NewGroup({ onDone }: { onDone(): void }) {
  const t = useTexts(groupTexts)
  const client = useClient()
  const [, navigate] = useLocation()
  const { isBusy, run } = useTask()
  const [name, setName] = useState('')
  const [avatarUrl, setAvatarUrl] = useState('')
  const [members, setMembers] = useState<string[]>([])
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])

  const create = async () => {
    const { id } = await client.sessions.createGroup({
      ...(name.trim() !== '' && { name: name.trim() }),
      ...(avatarUrl !== '' && { avatarUrl }),
      members,
    })
    navigate(paths.chat(id))
    onDone()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void run(create)
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
          <Button variant="default" onClick={onDone}>
            {t.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t.create(members.length)}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
