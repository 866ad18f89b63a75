import { Button, Group, Text, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconMessage, IconTrash } from '@tabler/icons-react'
import type { Contact } from 'nudge-sdk'
import { useState } from 'react'
import { useTexts } from '../i18n/texts'
import { ConfirmDialog, type Question } from '../lists/confirm-dialog'
import { useTask } from '../platform/use-task'
import { useTyped } from '../platform/use-typed'
import { DangerButton } from '../ui/danger-button'
import { Profile } from './profile'
import css from './profile.module.css'
import { contactTexts } from './texts'
import { useOpenChat } from './use-open-chat'

/** Somebody in the address book: to write to, to call as one likes, to take notes about, to delete. */
export function ContactCard({ contact }: { contact: Contact }) {
  const t = useTexts(contactTexts)
  const { isBusy, openChat } = useOpenChat()
  const [question, setQuestion] = useState<Question>()
  const { userId, displayName, name, account, avatarUrl } = contact
  const askToRemove = () => {
    setQuestion({
      title: t.removeTitle(displayName),
      text: t.removeText(name),
      yes: t.removeYes,
      isDanger: true,
      act: () => contact.remove(),
    })
  }
  return (
    <Profile
      displayName={displayName}
      name={name}
      account={account}
      avatarUrl={avatarUrl}
      actions={
        <Button
          leftSection={<IconMessage size={18} aria-hidden />}
          loading={isBusy}
          onClick={() => openChat(userId)}
        >
          {t.message}
        </Button>
      }
    >
      <Remarks contact={contact} />
      <DangerButton icon={IconTrash} onClick={askToRemove}>
        {t.remove}
      </DangerButton>
      <ConfirmDialog question={question} onClose={() => setQuestion(undefined)} />
    </Profile>
  )
}

function Remarks({ contact }: { contact: Contact }) {
  const t = useTexts(contactTexts)
  const { isBusy, run } = useTask()
  const saved = { title: contact.title, remark: contact.remark }
  const { values, type, drop } = useTyped(`contact/${contact.id}`, saved)
  const { title, remark } = values
  const isChanged = title !== saved.title || remark !== saved.remark
  return (
    <form
      className={css.card}
      onSubmit={async (event) => {
        event.preventDefault()
        if (!(await run(() => contact.update({ title: title.trim(), remark: remark.trim() })))) return
        drop(values)
        notifications.show({ message: t.saved })
      }}
    >
      <Text size="xs" fw={650} c="dimmed">
        {t.onlyYou}
      </Text>
      <TextInput
        label={t.remarkName}
        placeholder={contact.name}
        maxLength={255}
        value={title}
        onChange={(event) => type('title', event.currentTarget.value)}
      />
      <Textarea
        label={t.note}
        placeholder={t.noteHint}
        maxLength={255}
        autosize
        minRows={2}
        maxRows={8}
        value={remark}
        onChange={(event) => type('remark', event.currentTarget.value)}
      />
      {isChanged && (
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={() => drop(values)}>
            {t.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t.save}
          </Button>
        </Group>
      )}
    </form>
  )
}
