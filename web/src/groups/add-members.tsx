import { Button, Group, Stack } from '@mantine/core'
import type { Session } from 'nudge-sdk'
import { useState } from 'react'
import { useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { MemberPicker } from './member-picker'
import { groupTexts } from './texts'

/** Adds some of the user's contacts to a group. */
export function AddMembers({ session, onDone }: { session: Session; onDone(): void }) {
  const t = useTexts(groupTexts)
  const { isBusy, run } = useTask()
  const [picked, setPicked] = useState<string[]>([])
  const add = async () => {
    for (const userId of picked) {
      await session.addMember(userId)
      // What is left is what has not been done, should the next one fail.
      setPicked((before) => before.filter((id) => id !== userId))
    }
    onDone()
  }
  return (
    <Stack gap="md">
      <MemberPicker
        picked={picked}
        onChange={setPicked}
        isOffered={({ userId }) => picked.includes(userId) || !session.members.byUser(userId)}
      />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onDone}>
          {t.cancel}
        </Button>
        <Button disabled={picked.length === 0} loading={isBusy} onClick={() => run(add)}>
          {t.addCount(picked.length)}
        </Button>
      </Group>
    </Stack>
  )
}
