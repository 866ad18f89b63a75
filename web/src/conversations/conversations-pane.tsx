import { ActionIcon, Button, Menu } from '@mantine/core'
import {
  IconDeviceDesktop,
  IconEdit,
  IconMessagePlus,
  IconMessages,
  IconUsersPlus,
} from '@tabler/icons-react'
import { lazy, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useTexts } from '../i18n/texts'
import { Dialog } from '../lists/dialog'
import css from '../lists/list.module.css'
import { ListSkeleton } from '../lists/list-skeleton'
import { SearchBox } from '../lists/search-box'
import { NotifyOffer } from '../notify/notify-offer'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { useStatus } from '../platform/use-status'
import { useTask } from '../platform/use-task'
import { EmptyState } from '../ui/empty-state'
import { PaneHeader } from '../ui/pane-header'
import { wordTexts } from '../words/texts'
import { ConversationList } from './conversation-list'
import { SearchResults } from './search-results'
import { conversationTexts } from './texts'

const FindPerson = lazy(() => import('../contacts/find-person').then((m) => ({ default: m.FindPerson })))
const NewGroup = lazy(() => import('../groups/new-group').then((m) => ({ default: m.NewGroup })))

/** The user's conversations; `selected` is the session that is open. */
export function ConversationsPane({ selected }: { selected?: string }) {
  const t = useTexts(conversationTexts)
  const { ownDevices } = useTexts(wordTexts)
  const client = useClient()
  const [, navigate] = useLocation()
  const { run } = useTask()
  const [query, setQuery] = useState('')
  const [dialog, setDialog] = useState<'chat' | 'group'>()
  const [wanted, setWanted] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const close = () => setDialog(undefined)
  const findPerson = (account: string) => {
    setWanted(account)
    setDialog('chat')
  }
  return (
    <>
      <PaneHeader
        title={t.title}
        actions={
          <Menu withInitialFocusPlaceholder={false} position="bottom-end" shadow="md" radius="md" width={220}>
            <Menu.Target>
              <ActionIcon variant="subtle" size={40} radius="xl" aria-label={t.new} title={t.new}>
                <IconEdit size={22} stroke={1.7} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconMessagePlus size={18} />} onClick={() => findPerson('')}>
                {t.newChat}
              </Menu.Item>
              <Menu.Item leftSection={<IconUsersPlus size={18} />} onClick={() => setDialog('group')}>
                {t.newGroup}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item
                leftSection={<IconDeviceDesktop size={18} />}
                onClick={() => run(async () => navigate(paths.chat((await client.sessions.own()).id)))}
              >
                {ownDevices}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        }
      />
      <SearchBox label={t.search} value={query} onChange={setQuery} list={list} />
      <div className={css.scroll} ref={list}>
        {query.trim() === '' ? (
          <All selected={selected} onFind={() => findPerson('')} />
        ) : (
          <SearchResults query={query} selected={selected} onFind={findPerson} onOpen={() => setQuery('')} />
        )}
      </div>
      <Dialog title={t.newChat} opened={dialog === 'chat'} onClose={close}>
        <FindPerson purpose="chat" initial={wanted} onDone={close} />
      </Dialog>
      <Dialog title={t.newGroup} opened={dialog === 'group'} onClose={close}>
        <NewGroup onDone={close} />
      </Dialog>
    </>
  )
}

function All({ selected, onFind }: { selected: string | undefined; onFind(): void }) {
  const t = useTexts(conversationTexts)
  const client = useClient()
  const conversations = useList(client.conversations)
  // Renders anew when the first pull brought nothing.
  const { state } = useStatus()
  if (conversations.length > 0) {
    return (
      <>
        <NotifyOffer />
        <ConversationList conversations={conversations} selected={selected} />
      </>
    )
  }
  if (client.conversations.cursor === undefined && state !== 'live') return <ListSkeleton />
  return (
    <EmptyState icon={IconMessages} title={t.nothingTitle}>
      {t.nothing}
      <div>
        <Button mt="md" onClick={onFind}>
          {t.find}
        </Button>
      </div>
    </EmptyState>
  )
}
