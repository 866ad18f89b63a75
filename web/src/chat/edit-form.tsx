import { Button, Group, Textarea } from '@mantine/core'
import { type Message, text } from 'nudge-sdk'
import { useEffect, useRef, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { chatTexts } from './texts'

/** Changes the words of a message. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function EditForm({ message, onClose }: { message: Message; onClose(): void }) {
  const t = useTexts(chatTexts)
  const { isBusy, run } = useTask()
  const [before] = useState(() => message.as(text)?.text ?? '')
  const [words, setWords] = useState(before)
  const field = useRef<HTMLTextAreaElement>(null)
  // It comes after the dialog, which has given the focus to something else.
  useEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(before.length, before.length)
  }, [before])
  const canSave = words.trim() !== '' && words !== before

  const save = async () => {
    if (!canSave || isBusy) return
    if (await run(() => message.edit(text, { text: words }))) onClose()
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Textarea
        label={t.editLabel}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
        }}
        autosize
        minRows={2}
        maxRows={12}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t.cancel}
        </Button>
        <Button type="submit" loading={isBusy} disabled={!canSave}>
          {t.save}
        </Button>
      </Group>
    </form>
  )
}
