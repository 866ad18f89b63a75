import { ActionIcon, Textarea } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconMessageOff, IconPaperclip, IconSendFilled } from '@tabler/icons-react'
import { type Message, NudgeError, type Session } from 'nudge-sdk'
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { isComposing } from '../../browser/keys'
import { draftOf, keepDraft, sendDraft } from '../../drafts/drafts'
import type { Attachment } from '../../drafts/picked-files'
import { LOCALES, useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { useClient, useMe } from '../../platform/client-context'
import { useTask } from '../../platform/use-task'
import { NARROW } from '../../ui/screen'
import css from './composer.module.css'
import { DropArea } from './drop-area'
import { EmojiButton } from './emoji-button'
import { FileTray } from './file-tray'
import { type Cursor, insertAt } from './insertion'
import { lengthOf } from './length'
import { composerTexts } from './texts'
import { useAttachments } from './use-attachments'
import { useTypingAnywhere } from './use-typing-anywhere'

/** Where a keyboard on the screen would hide the messages. */
const ON_SCREEN_KEYBOARD = `${NARROW}, (pointer: coarse)`
/** Where Enter is a key on the screen, which has no Shift+Enter beside it. */
const TOUCH = '(pointer: coarse)'

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
  const client = useClient()
  const me = useMe()
  const [text, setText] = useState(() => draftOf(me.id, session.id))
  const attachments = useAttachments(me.id, session.id)
  const { isBusy, run } = useTask()
  const form = useRef<HTMLFormElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const cursor = useRef<Cursor>({ start: text.length, end: text.length })
  const isTouch = useMediaQuery(TOUCH, false, { getInitialValueInEffect: false })
  const words = text.trim()
  const length = lengthOf(words)
  const canSend = (words !== '' || attachments.items.length > 0) && length !== 'tooLong'

  useEffect(() => {
    if (!matchMedia(ON_SCREEN_KEYBOARD).matches) field.current?.focus()
  }, [])
  useTypingAnywhere(field)

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
    // Whoever has logged in meanwhile does not say it instead.
    if (client.me?.id !== me.id) throw new NudgeError('NotLoggedIn', 'the login has ended')
    const sent: Message[] = []
    for (const [index, { id, file }] of files.entries()) {
      const look = looks[index]
      // Who leaves and comes back meanwhile may have sent it again.
      if (attachments.remove(id) && look) sent.push(session.sendFile(file, look))
    }
    if (words !== '') sent.push(session.sendText(words))
    await Promise.all(sent.map((message) => message.whenKept()))
  }
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (!canSend || isBusy) return
    setText('')
    field.current?.focus()
    const sendAll = () => run(() => send(attachments.items, words))
    if (!(await sendDraft(me.id, session.id, text, sendAll))) setText(draftOf(me.id, session.id))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
    // With Ctrl or ⌘, the keyboard of a tablet sends as well.
    if (isTouch && !event.ctrlKey && !event.metaKey) return
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
          data-composer
          classNames={{ input: css.input }}
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={8}
          aria-label={t.message}
          placeholder={attachments.items.length > 0 ? t.caption : t.placeholder(name)}
          enterKeyHint={isTouch ? 'enter' : 'send'}
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
      <Count size={words.length} length={length} />
      <DropArea inside={form} name={name} onFiles={addFiles} />
    </form>
  )
}

/** Empty until there is much: what comes into it is read out. */
function Count({ size, length }: { size: number; length: ReturnType<typeof lengthOf> }) {
  const t = useTexts(composerTexts)
  const count = size.toLocaleString(LOCALES[useLanguage()])
  return (
    <p className={css.count} role="status" data-too-long={length === 'tooLong'}>
      {length === 'tooLong' && t.tooLong(count)}
      {length === 'long' && t.characters(count)}
    </p>
  )
}
