import { Button, Loader } from '@mantine/core'
import { IconMessageOff } from '@tabler/icons-react'
import { useEffect } from 'react'
import { ChatPane } from '../chat/chat-pane'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'
import { useTask } from '../platform/use-task'
import { EmptyState } from '../ui/empty-state'
import { PaneHeader } from '../ui/pane-header'
import css from './embed.module.css'

const texts = defineTexts({
  en: {
    loading: 'Loading conversation',
    offline: 'No connection. Trying again…',
    kicked: 'This conversation is open on another device.',
    takeOver: 'Use here',
    missingTitle: 'You are not in this conversation',
    missing: 'It does not exist, or you are not a member. It opens here as soon as someone adds you.',
  },
  zh: {
    loading: '正在加载会话',
    offline: '连接已断开，正在重试…',
    kicked: '此会话已在另一台设备上打开。',
    takeOver: '在此处使用',
    missingTitle: '您不在此会话中',
    missing: '会话不存在，或您不是成员。有人将您加入后，会话会自动打开。',
  },
})

/** A session of the user, as soon as it is here; `name` until then. */
export function Conversation({ sessionId, name }: { sessionId: string; name?: string | undefined }) {
  const client = useClient()
  useList(client.sessions)
  const session = client.sessions.get(sessionId)
  const title = session?.name ?? name
  useEffect(() => {
    if (title) document.title = title
  }, [title])
  return (
    <>
      <Connection />
      {session ? <ChatPane key={sessionId} sessionId={sessionId} /> : <Expected name={name} />}
    </>
  )
}

/** Instead of a session that is not here, or not yet. */
function Expected({ name }: { name: string | undefined }) {
  const t = useTexts(texts)
  const { state } = useStatus()
  return (
    <>
      {name && <PaneHeader title={name} />}
      <div className={css.centre}>
        {state === 'live' ? (
          <EmptyState icon={IconMessageOff} title={t.missingTitle}>
            {t.missing}
          </EmptyState>
        ) : (
          <Loader aria-label={t.loading} role="status" />
        )}
      </div>
    </>
  )
}

/** A line above it all, where something is wrong with the connection. */
function Connection() {
  const t = useTexts(texts)
  const client = useClient()
  const { state } = useStatus()
  const { isBusy, run } = useTask()
  if (state !== 'offline' && state !== 'kicked') return null
  return (
    <div className={css.connection} role="status">
      {state === 'kicked' ? t.kicked : t.offline}
      {state === 'kicked' && (
        <Button
          size="compact-sm"
          variant="light"
          loading={isBusy}
          onClick={() => void run(() => client.start())}
        >
          {t.takeOver}
        </Button>
      )}
    </div>
  )
}
