import { Menu } from '@mantine/core'
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCopy,
  IconPencil,
  IconRefresh,
  IconTrash,
  IconX,
} from '@tabler/icons-react'
import { useTexts } from '../i18n/texts'
import type { MessageAction } from './message-actions'
import css from './message-menu.module.css'
import type { MenuPlace } from './message-row'
import { chatTexts } from './texts'

const ICONS = {
  copy: IconCopy,
  forward: IconArrowForwardUp,
  edit: IconPencil,
  recall: IconArrowBackUp,
  delete: IconTrash,
  cancelSending: IconX,
  retry: IconRefresh,
  discard: IconTrash,
}

const HARMFUL = new Set<MessageAction>(['delete', 'discard'])

/** What can be done to a message, at some place of the screen. */
export function MessageMenu({
  actions,
  place,
  onAct,
  onClose,
}: {
  actions: readonly MessageAction[]
  place: MenuPlace
  onAct(action: MessageAction): void
  onClose(): void
}) {
  const t = useTexts(chatTexts)
  return (
    <Menu
      opened
      onChange={(isOpened) => {
        if (!isOpened) onClose()
      }}
      position="bottom-start"
      offset={4}
      width={200}
      shadow="md"
      returnFocus={false}
      // The first item has the focus then, as menus should.
      withInitialFocusPlaceholder={false}
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <button
          type="button"
          className={css.anchor}
          style={{ left: place.x, top: place.y }}
          tabIndex={-1}
          aria-label={t.actions}
        />
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => {
          const Picture = ICONS[action]
          return (
            <Menu.Item
              key={action}
              className={css.item}
              leftSection={<Picture size={18} stroke={1.7} aria-hidden />}
              color={HARMFUL.has(action) ? 'var(--n-bad)' : undefined}
              onClick={() => onAct(action)}
            >
              {t[action]}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
