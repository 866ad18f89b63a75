import { Avatar, VisuallyHidden } from '@mantine/core'
import {
  type Icon,
  IconDeviceDesktop,
  IconDots,
  IconFile,
  IconMapPin,
  IconMicrophone,
  IconPhoto,
  IconPinFilled,
  IconVideo,
} from '@tabler/icons-react'
import { memo } from 'react'
import { useDraft } from '../drafts/drafts'
import { useTexts } from '../i18n/texts'
import { ListRow } from '../lists/list-row'
import { paths } from '../places/places'
import { PersonAvatar } from '../ui/person-avatar'
import type { Preview } from '../words/preview'
import css from './conversation-row.module.css'
import { conversationTexts } from './texts'

const ICONS: Record<Exclude<Preview['kind'], 'words'>, Icon> = {
  image: IconPhoto,
  video: IconVideo,
  audio: IconMicrophone,
  location: IconMapPin,
  file: IconFile,
}

/** What a row shows: plain values, so that only rows that change are drawn anew. */
export interface ConversationRowProps {
  id: string
  sessionId: string
  /** Whose list it is. */
  userId: string
  name: string
  avatarUrl: string
  /** The user's own devices. */
  isOwn: boolean
  time: string
  kind: Preview['kind'] | undefined
  words: string
  /** Who said it, where that must be said. */
  sender: string | undefined
  unread: number
  isPinned: boolean
  isCurrent: boolean
  isStop: boolean
  isMenuOpen: boolean
}

/** One conversation in the list. */
export const ConversationRow = memo(function ConversationRow({
  id,
  sessionId,
  userId,
  name,
  avatarUrl,
  isOwn,
  time,
  kind,
  words,
  sender,
  unread,
  isPinned,
  isCurrent,
  isStop,
  isMenuOpen,
}: ConversationRowProps) {
  const t = useTexts(conversationTexts)
  const draft = useDraft(userId, sessionId).trim()
  const Picture = kind === undefined || kind === 'words' ? undefined : ICONS[kind]
  return (
    <ListRow
      id={id}
      href={paths.chat(sessionId)}
      isCurrent={isCurrent}
      isStop={isStop}
      isMenuOpen={isMenuOpen}
      picture={isOwn ? <OwnDevicesPicture /> : <PersonAvatar name={name} src={avatarUrl} size={48} />}
      title={name}
      titleAside={time}
      line={
        draft !== '' && !isCurrent ? (
          <>
            <span className={css.draft}>{t.draft}</span>
            {draft}
          </>
        ) : (
          <>
            {sender !== undefined && (
              <>
                <span className={css.sender}>{sender}</span>
                <span className={css.colon}>{t.colon}</span>
              </>
            )}
            {Picture && <Picture className={css.kind} size={15} aria-hidden />}
            {words}
          </>
        )
      }
      lineAside={
        <>
          {isPinned && (
            <>
              <IconPinFilled className={css.pin} size={14} aria-hidden />
              <VisuallyHidden>{t.pinned}</VisuallyHidden>
            </>
          )}
          {unread > 0 && (
            <>
              <span className={css.badge} aria-hidden>
                {unread > 99 ? '99+' : unread}
              </span>
              <VisuallyHidden>{t.unread(unread)}</VisuallyHidden>
            </>
          )}
        </>
      }
      controls={
        <button
          type="button"
          className={css.more}
          tabIndex={isStop ? 0 : -1}
          aria-label={t.actions(name)}
          aria-haspopup="menu"
          aria-expanded={isMenuOpen}
          onClick={({ currentTarget }) => openMenuAt(currentTarget)}
        >
          <IconDots size={18} aria-hidden />
        </button>
      }
    />
  )
})

/** What stands for the user's own devices. */
function OwnDevicesPicture() {
  return (
    <Avatar size={48} radius="xl" variant="light" color="iris" aria-hidden>
      <IconDeviceDesktop size={24} stroke={1.6} />
    </Avatar>
  )
}

/** The list has one menu for all rows, which opens where it is asked for: as by the right button of the mouse. */
function openMenuAt(button: HTMLElement): void {
  const { left, bottom } = button.getBoundingClientRect()
  button.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left, clientY: bottom + 2 }),
  )
}
