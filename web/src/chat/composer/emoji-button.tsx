import { ActionIcon, Center, Drawer, Loader, Popover } from '@mantine/core'
import { IconMoodSmile } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import { ErrorBoundary } from '../../ui/error-boundary'
import { useIsNarrow } from '../../ui/screen'
import css from './emoji-button.module.css'
import { composerTexts } from './texts'

const EmojiPicker = lazy(() => import('./emoji-picker'))

const waiting = (
  <Center h="18rem" w="100%">
    <Loader size="sm" />
  </Center>
)

interface EmojiButtonProps {
  className: string | undefined
  /** With what is to be inserted: a glyph, or `[name]`. */
  onPick(text: string): void
  /** The user is done, and goes on with the words. */
  onDone(): void
}

/** Opens the emojis: above the button, on phones at the bottom of the screen. */
export function EmojiButton({ className, onPick, onDone }: EmojiButtonProps) {
  const t = useTexts(composerTexts)
  const [isOpen, setOpen] = useState(false)
  /** How far (px) it is from the button to the top of what one writes, which stays in sight. */
  const [rise, setRise] = useState(0)
  const isPhone = useIsNarrow()
  const close = () => {
    setOpen(false)
    onDone()
  }
  const open = (button: HTMLElement) => {
    const box = button.parentElement ?? button
    setRise(button.getBoundingClientRect().top - box.getBoundingClientRect().top)
    setOpen(true)
  }
  const button = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={40}
      radius="xl"
      className={className}
      aria-label={t.emoji}
      title={t.emoji}
      aria-haspopup="dialog"
      aria-expanded={isOpen}
      onClick={({ currentTarget }) => (isOpen ? close() : open(currentTarget))}
    >
      <IconMoodSmile size={22} stroke={1.7} aria-hidden />
    </ActionIcon>
  )

  if (isPhone) {
    const pick = (text: string) => {
      onPick(text)
      setOpen(false)
    }
    return (
      <>
        {button}
        <Drawer
          opened={isOpen}
          onClose={() => setOpen(false)}
          position="bottom"
          size="26rem"
          title={t.emoji}
          closeButtonProps={{ 'aria-label': t.close }}
        >
          <ErrorBoundary isCompact>
            <Suspense fallback={waiting}>
              <EmojiPicker onPick={pick} />
            </Suspense>
          </ErrorBoundary>
        </Drawer>
      </>
    )
  }
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="top-end"
      offset={rise + 8}
      width="22rem"
      shadow="lg"
      radius="lg"
      trapFocus
      closeOnEscape={false}
    >
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown
        className={css.dropdown}
        aria-label={t.emoji}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
        }}
      >
        <ErrorBoundary isCompact>
          <Suspense fallback={waiting}>
            <EmojiPicker onPick={onPick} hasSearchFocus />
          </Suspense>
        </ErrorBoundary>
      </Popover.Dropdown>
    </Popover>
  )
}
