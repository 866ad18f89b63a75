import { Text, UnstyledButton } from '@mantine/core'
import { useTimeout } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { copyText } from '../browser/copy-text'
import { useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { PersonAvatar } from '../ui/person-avatar'
import css from './profile.module.css'
import { contactTexts } from './texts'

/** So long (ms) it is shown that the account was copied. */
const COPIED_MS = 1500

/** Somebody's picture and names, and below what one may do and change. */
export function Profile({
  displayName,
  name,
  account,
  avatarUrl,
  hint,
  actions,
  children,
}: {
  displayName: string
  /** What they call themselves. */
  name: string
  account: string
  avatarUrl: string
  hint?: string
  actions: ReactNode
  children?: ReactNode
}) {
  const t = useTexts(contactTexts)
  return (
    <div className={css.page}>
      <div className={css.column}>
        <div className={css.head}>
          <PersonAvatar name={displayName} src={avatarUrl} size={112} />
          <h2 className={css.name}>{displayName}</h2>
          {displayName !== name && (
            <Text c="dimmed" size="sm">
              {t.own(name)}
            </Text>
          )}
          {account !== '' && <Account account={account} />}
          {hint && (
            <Text c="dimmed" size="sm">
              {hint}
            </Text>
          )}
          <div className={css.actions}>{actions}</div>
        </div>
        {children}
      </div>
    </div>
  )
}

function Account({ account }: { account: string }) {
  const t = useTexts(contactTexts)
  const { run } = useTask()
  const [isCopied, setCopied] = useState(false)
  const { start } = useTimeout(() => setCopied(false), COPIED_MS)
  const copy = async () => {
    await copyText(account)
    setCopied(true)
    start()
  }
  return (
    <UnstyledButton
      className={css.account}
      onClick={() => void run(copy)}
      title={t.copy}
      aria-label={`${t.account}: ${account}. ${isCopied ? t.copied : t.copy}`}
    >
      {account}
      {isCopied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
    </UnstyledButton>
  )
}
