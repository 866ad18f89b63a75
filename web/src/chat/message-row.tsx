import { IconAlertCircle, IconCheck, IconChevronDown, IconClock } from '@tabler/icons-react'
import { type Message, type SendStatus, system } from 'nudge-sdk'
import { memo, type ReactNode } from 'react'
import { Link } from 'wouter'
import { useLanguage } from '../i18n/language'
import { useTexts } from '../i18n/texts'
import { paths } from '../places/places'
import { errorTexts } from '../platform/errors'
import { PersonAvatar } from '../ui/person-avatar'
import { fullTime, timeOfDay } from '../ui/times'
import { systemLine } from '../words/system-lines'
import { useReader, useWordsOf } from '../words/words'
import { MessageContent } from './content/message-content'
import css from './message-row.module.css'
import { chatTexts } from './texts'

/** Where on the screen a menu opens. */
export interface MenuPlace {
  x: number
  y: number
}

interface MessageRowProps {
  /** Stays the same object; the plain values below tell when to render anew. */
  message: Message
  revision: number
  status: SendStatus
  progress: number | undefined
  name: string
  avatarUrl: string
  isFirst: boolean
  isLast: boolean
  /** Whether the name is shown, as in groups. */
  isNamed: boolean
  /** Whether face and name lead to who said it. */
  hasPerson: boolean
  /** Whether this is the one line that Tab leads to; arrow keys lead to the others. */
  isTabStop: boolean
  hasMenu: boolean
  onMenu(key: string, place: MenuPlace): void
}

/** Kinds that are shown without a bubble around them. */
const BARE = new Set(['image', 'video', 'location'])

/** Kinds whose last line leaves room for the time of day. */
const ROOMY = new Set(['text', 'file', 'audio'])

/** As high as a name: while there is none, the lines below must not jump. */
const NO_NAME = '\u00a0'

/** Longer ones are not read out in the line's label. */
const LABEL_LENGTH = 200

/** A message: who said it, in a bubble what, when, and how far it is. */
export const MessageRow = memo(function MessageRow({
  message,
  name,
  avatarUrl,
  isFirst,
  isLast,
  isNamed,
  hasPerson,
  isTabStop,
  hasMenu,
  onMenu,
}: MessageRowProps) {
  const t = useTexts(chatTexts)
  const language = useLanguage()
  const wordsOf = useWordsOf()
  const { key, isOwn, type, createdAt } = message
  const time = timeOfDay(createdAt, language)
  const isFailed = message.status === 'storefailed'
  const isEdited = message.status === 'stored' && message.updatedAt > createdAt
  const label = t.said(isOwn ? t.you : name, time, wordsOf(message).slice(0, LABEL_LENGTH))
  const openMenu = (button: HTMLElement) => {
    const { left, bottom } = button.getBoundingClientRect()
    onMenu(key, { x: left, y: bottom })
  }
  return (
    <article
      className={css.row}
      data-row
      data-message={key}
      data-own={isOwn}
      data-first={isFirst}
      data-last={isLast}
      data-menu={hasMenu}
      tabIndex={isTabStop ? 0 : -1}
      aria-label={isFailed ? t.unsent(label) : label}
    >
      {!isOwn && (
        <div className={css.face}>
          {isFirst && (
            <Person of={message} isLink={hasPerson} isHidden>
              <PersonAvatar name={name} src={avatarUrl} size={36} />
            </Person>
          )}
        </div>
      )}
      <div className={css.said}>
        {isNamed && isFirst && (
          <div className={css.name}>
            <Person of={message} isLink={hasPerson} isTabStop={isTabStop}>
              {name || NO_NAME}
            </Person>
          </div>
        )}
        <div className={css.line}>
          <div
            className={css.bubble}
            data-bubble
            data-own={isOwn}
            data-bare={BARE.has(type)}
            data-words={type === 'text'}
            data-room={ROOMY.has(type)}
            data-edited={isEdited}
          >
            <div className={css.content}>
              <MessageContent message={message} />
            </div>
            <span className={css.meta}>
              {isEdited && <span>{t.edited}</span>}
              <time dateTime={new Date(createdAt).toISOString()} title={fullTime(createdAt, language)}>
                {time}
              </time>
              {isOwn && <Progress status={message.status} />}
            </span>
          </div>
          {isFailed && (
            <button
              type="button"
              className={css.failed}
              aria-label={t.failedActions}
              aria-haspopup="menu"
              tabIndex={-1}
              onClick={(event) => openMenu(event.currentTarget)}
            >
              <IconAlertCircle size={22} aria-hidden />
            </button>
          )}
          <button
            type="button"
            className={css.more}
            aria-label={t.actions}
            aria-haspopup="menu"
            tabIndex={-1}
            onClick={(event) => openMenu(event.currentTarget)}
          >
            <IconChevronDown size={18} aria-hidden />
          </button>
        </div>
        {isFailed && <Failure code={message.error?.code} />}
      </div>
    </article>
  )
})

/** The way to who said something. Tab leads there from the line that it leads to, once. */
function Person({
  of: { senderId },
  isLink,
  isTabStop = false,
  isHidden = false,
  children,
}: {
  of: Message
  isLink: boolean
  isTabStop?: boolean
  isHidden?: boolean
  children: ReactNode
}) {
  if (!isLink) return children
  return (
    <Link
      href={paths.contact(senderId)}
      className={css.person}
      tabIndex={isTabStop ? 0 : -1}
      aria-hidden={isHidden || undefined}
    >
      {children}
    </Link>
  )
}

function Progress({ status }: { status: SendStatus }) {
  const t = useTexts(chatTexts)
  if (status === 'storefailed') return null
  const [label, Picture] = status === 'storing' ? [t.sending, IconClock] : [t.sent, IconCheck]
  return (
    <span role="img" aria-label={label} title={label} className={css.progress}>
      <Picture size={14} aria-hidden />
    </span>
  )
}

function Failure({ code }: { code: string | undefined }) {
  const t = useTexts(chatTexts)
  const reasons: Record<string, string> = useTexts(errorTexts)
  const reason = (code !== undefined && reasons[code]) || reasons.unknown || ''
  return <div className={css.error}>{t.failedBecause(reason)}</div>
}

/** What the server says, what somebody did to the group, or what is left of a message that was recalled. */
export const SystemRow = memo(function SystemRow({ message }: { message: Message; revision: number }) {
  const reader = useReader()
  const words = message.as(system)?.text ?? ''
  // Of what was said to others after one had left, an empty line is told.
  if (words === '') return null
  return (
    <p className={css.system} data-row title={fullTime(message.createdAt, reader.language)}>
      {systemLine(words, message.senderId, reader)}
    </p>
  )
})
