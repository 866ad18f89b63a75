import { ActionIcon, Textarea } from '@mantine/core'
import { IconMessageOff, IconPaperclip, IconSendFilled } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { useMe } from '../../platform/client-context'
import { useTask } from '../../platform/use-task'
import css from './composer.module.css'
import { draftOf, keepDraft } from './drafts'
import { DropArea } from './drop-area'
import { EmojiButton } from './emoji-button'
import { FileTray } from './file-tray'
import { type Cursor, insertAt } from './insertion'
import type { Attachment } from './picked-files'
import { composerTexts } from './texts'
import { useAttachments } from './use-attachments'

/** Where a keyboard on the screen would hide the messages. */
const ON_SCREEN_KEYBOARD = '(max-width: 48em), (pointer: coarse)'
/** From so many characters on they are counted. */
const LONG = 60_000
/** What the server takes of a message. */
const MAX_BYTES = 256 * 1024

/** Where one writes, and picks what to send. `name`: what the session is called for this user. */
export function Composer({ session, name = session.name }: { session: Session; name?: string }) {
  const t = useTexts(composerTexts)
  if (session.isOver) {
    return (
      <p className={css.over}>
        <IconMessageOff size={20} stroke={1.6} aria-hidden />
        {t.over}
      </p>
    )
  }
  return <Form key={session.id} session={session} name={name} />
}

function Form({ session, name }: { session: Session; name: string }) {
  const t = useTexts(composerTexts)
  const me = useMe()
  const [text, setText] = useState(() => draftOf(me.id, session.id))
  const attachments = useAttachments(me.id, session.id)
  const { isBusy, run } = useTask()
  const form = useRef<HTMLFormElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const cursor = useRef<Cursor>({ start: text.length, end: text.length })
  const canSend = text.trim() !== '' || attachments.items.length > 0

  useEffect(() => {
    if (!matchMedia(ON_SCREEN_KEYBOARD).matches) field.current?.focus()
  }, [])

  const write = (words: string) => {
    setText(words)
    keepDraft(me.id, session.id, words)
  }
  const insert = (what: string) => {
    const result = insertAt(text, cursor.current, what)
    cursor.current = result.cursor
    write(result.text)
  }
  const goOnWriting = () => {
    field.current?.focus()
    field.current?.setSelectionRange(cursor.current.start, cursor.current.end)
  }
  const addFiles = (files: Iterable<File>) => {
    attachments.add(files)
    goOnWriting()
  }

  const send = async (files: readonly Attachment[], words: string) => {
    const looks = await Promise.all(files.map(({ look }) => look))
    for (const [index, { id, file }] of files.entries()) {
      const look = looks[index]
      // Who leaves and comes back meanwhile may have sent it again.
      if (attachments.remove(id) && look) session.sendFile(file, look)
    }
    if (words !== '') session.sendText(words)
  }
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (!canSend || isBusy) return
    write('')
    field.current?.focus()
    if (!(await run(() => send(attachments.items, text.trim())))) write(text)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Safari ends the composition before it tells of the key that did.
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key !== 'Enter' || event.shiftKey || isComposing) return
    event.preventDefault()
    void submit()
  }

  return (
    <form ref={form} className={css.composer} aria-label={t.form} onSubmit={submit}>
      <FileTray attachments={attachments} isBusy={isBusy} />
      <div className={css.box}>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            addFiles([...(currentTarget.files ?? [])])
            // So that the same file can be picked again.
            currentTarget.value = ''
          }}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={40}
          radius="xl"
          className={css.tool}
          aria-label={t.attach}
          title={t.attach}
          onClick={() => picker.current?.click()}
        >
          <IconPaperclip size={22} stroke={1.7} aria-hidden />
        </ActionIcon>
        <Textarea
          ref={field}
          className={css.field}
          classNames={{ input: css.input }}
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={8}
          aria-label={t.message}
          placeholder={attachments.items.length > 0 ? t.caption : t.placeholder(name)}
          enterKeyHint="send"
          autoComplete="off"
          value={text}
          onChange={({ currentTarget }) => write(currentTarget.value)}
          onSelect={({ currentTarget }) => {
            cursor.current = { start: currentTarget.selectionStart, end: currentTarget.selectionEnd }
          }}
          onKeyDown={onKeyDown}
        />
        <EmojiButton className={css.tool} onPick={insert} onDone={goOnWriting} />
        <ActionIcon
          type="submit"
          size={40}
          radius="xl"
          className={css.send}
          aria-label={t.send}
          title={t.send}
          disabled={!canSend}
          loading={isBusy}
        >
          <IconSendFilled size={20} aria-hidden />
        </ActionIcon>
      </div>
      {text.length > LONG && <Count text={text} />}
      <DropArea inside={form} name={name} onFiles={addFiles} />
    </form>
  )
}

function Count({ text }: { text: string }) {
  const t = useTexts(composerTexts)
  const count = text.length.toLocaleString(LOCALES[useLanguage()])
  const isTooLong = new TextEncoder().encode(text).length > MAX_BYTES
  return (
    <p className={css.count} data-too-long={isTooLong}>
      {isTooLong ? t.tooLong(count) : t.characters(count)}
    </p>
  )
}
