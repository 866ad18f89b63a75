import { Center, Loader, Modal } from '@mantine/core'
import { type ReactNode, Suspense } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useBackCloses } from '../places/back'
import { ErrorBoundary } from '../ui/error-boundary'
import { useIsNarrow } from '../ui/screen'
import css from './dialog.module.css'

const texts = defineTexts({ en: { close: 'Close' }, zh: { close: '关闭' } })

/** A window over the app, on phones the whole screen. What is in it may be lazy, and begins anew with each opening. */
export function Dialog({
  title,
  opened,
  onClose,
  children,
}: {
  title: string
  opened: boolean
  onClose(): void
  children: ReactNode
}) {
  const t = useTexts(texts)
  const isPhone = useIsNarrow()
  useBackCloses(opened, onClose)
  return (
    <Modal
      title={title}
      opened={opened}
      onClose={onClose}
      fullScreen={isPhone}
      radius={isPhone ? 0 : 'lg'}
      centered
      classNames={{ title: css.title }}
      closeButtonProps={{ 'aria-label': t.close }}
    >
      <ErrorBoundary isCompact>
        <Suspense
          fallback={
            <Center h={200}>
              <Loader size="sm" />
            </Center>
          }
        >
          {children}
        </Suspense>
      </ErrorBoundary>
    </Modal>
  )
}
