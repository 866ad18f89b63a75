import { Button, Loader } from '@mantine/core'
import { IconMessages, IconPlugConnected, IconPlugConnectedX } from '@tabler/icons-react'
import { type ReactNode, useSyncExternalStore } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { ClientProvider } from '../platform/client-context'
import { describeError, errorTexts } from '../platform/errors'
import { EmptyState } from '../ui/empty-state'
import { PaneHeader } from '../ui/pane-header'
import { Conversation } from './conversation'
import css from './embed.module.css'
import type { Guest } from './guest'

const texts = defineTexts({
  en: {
    waitingTitle: 'Waiting to log in',
    waiting: 'The page around this one has not said who you are yet.',
    binding: 'Logging in',
    failedTitle: 'You could not be logged in',
    retry: 'Try again',
    nothingTitle: 'No conversation is open',
    nothing: 'Choose one in the page around this one.',
  },
  zh: {
    waitingTitle: '等待登录',
    waiting: '外层页面尚未提供您的登录信息。',
    binding: '正在登录',
    failedTitle: '登录失败',
    retry: '重试',
    nothingTitle: '没有打开的会话',
    nothing: '请在外层页面中选择一个会话。',
  },
})

/** In a frame: shows what the page around it asks for, to the user that it names. */
export function EmbeddedPage({ guest }: { guest: Guest }) {
  const { stage, selected } = useSyncExternalStore(guest.subscribe, () => guest.view)
  const t = useTexts(texts)
  const errors = useTexts(errorTexts)
  if (stage.is === 'bound') {
    return (
      // Everything anew for another user.
      <ClientProvider value={stage.client} key={stage.user.token}>
        {selected ? (
          <Conversation sessionId={selected.dlgId} name={selected.name} />
        ) : (
          <Centre>
            <EmptyState icon={IconMessages} title={t.nothingTitle}>
              {t.nothing}
            </EmptyState>
          </Centre>
        )}
      </ClientProvider>
    )
  }
  return (
    <>
      {selected?.name && <PaneHeader title={selected.name} />}
      <Centre>
        {stage.is === 'binding' && <Loader aria-label={t.binding} role="status" />}
        {stage.is === 'waiting' && (
          <EmptyState icon={IconPlugConnected} title={t.waitingTitle}>
            {t.waiting}
          </EmptyState>
        )}
        {stage.is === 'failed' && (
          <EmptyState icon={IconPlugConnectedX} title={t.failedTitle}>
            <p role="alert">{describeError(stage.error, errors)}</p>
            <Button variant="light" onClick={stage.retry}>
              {t.retry}
            </Button>
          </EmptyState>
        )}
      </Centre>
    </>
  )
}

function Centre({ children }: { children: ReactNode }) {
  return <div className={css.centre}>{children}</div>
}
