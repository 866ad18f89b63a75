import { Indicator, Tooltip, UnstyledButton } from '@mantine/core'
import { type Icon, IconAddressBook, IconMessages, IconSettings, IconUsersGroup } from '@tabler/icons-react'
import { Link } from 'wouter'
import { defineTexts, useTexts } from '../i18n/texts'
import { useUnread } from '../notify/use-unread'
import { paths, type Section } from '../places/places'
import { useClient, useMe } from '../platform/client-context'
import { useList } from '../platform/use-list'
import { PersonAvatar } from '../ui/person-avatar'
import { ConnectionStatus } from './connection-status'
import css from './rail.module.css'

const texts = defineTexts({
  en: {
    label: 'Main',
    chats: 'Chats',
    contacts: 'Contacts',
    groups: 'Groups',
    settings: 'Settings',
    profile: (name: string) => `${name}: profile and settings`,
    unread: (count: number) => `${count} unread`,
  },
  zh: {
    label: '主导航',
    chats: '消息',
    contacts: '联系人',
    groups: '群聊',
    settings: '设置',
    profile: (name: string) => `${name}：个人资料与设置`,
    unread: (count: number) => `${count} 条未读`,
  },
})

const SECTIONS: { section: Section; icon: Icon; href: string }[] = [
  { section: 'chats', icon: IconMessages, href: paths.chats },
  { section: 'contacts', icon: IconAddressBook, href: paths.contacts },
  { section: 'groups', icon: IconUsersGroup, href: paths.groups },
  { section: 'settings', icon: IconSettings, href: paths.settings },
]

/** The way to the parts of the app: at the left, on phones at the bottom. */
export function Rail({ section: current }: { section: Section }) {
  const t = useTexts(texts)
  const client = useClient()
  const me = useMe()
  const unreadOf = useUnread()
  const unread = useList(client.conversations).reduce((sum, conversation) => sum + unreadOf(conversation), 0)
  return (
    <nav className={css.rail} aria-label={t.label}>
      <Tooltip label={me.name} position="right" openDelay={300}>
        <UnstyledButton
          component={Link}
          href={paths.settings}
          className={css.me}
          aria-label={t.profile(me.name)}
        >
          <PersonAvatar name={me.name} src={me.avatarUrl} size={40} />
        </UnstyledButton>
      </Tooltip>
      {SECTIONS.map(({ section, icon: Picture, href }) => {
        const count = section === 'chats' ? unread : 0
        return (
          <Link
            key={section}
            href={href}
            className={css.item}
            data-section={section}
            aria-current={section === current ? 'page' : undefined}
          >
            <Indicator
              label={count > 99 ? '99+' : count}
              disabled={count === 0}
              size={18}
              offset={2}
              color="red.9"
              aria-label={count > 0 ? t.unread(count) : undefined}
              role={count > 0 ? 'status' : undefined}
            >
              <Picture size={24} stroke={1.6} aria-hidden />
            </Indicator>
            <span className={css.name}>{t[section]}</span>
          </Link>
        )
      })}
      <div className={css.status}>
        <ConnectionStatus />
      </div>
    </nav>
  )
}
