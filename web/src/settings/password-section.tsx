import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconLock } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { FailureNote } from '../account/failure-note'
import { PasswordField } from '../account/password-field'
import { MIN_PASSWORD_LENGTH, problemOfPassword } from '../account/rules'
import { useAttempt } from '../account/use-attempt'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient, useMe } from '../platform/client-context'
import { Section } from './section'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    title: 'Password',
    lead: 'Changing your password logs you out on all other devices.',
    old: 'Current password',
    fresh: 'New password',
    freshLead: `At least ${MIN_PASSWORD_LENGTH} characters.`,
    again: 'Repeat new password',
    change: 'Change password',
    oldMissing: 'Enter your current password.',
    short: `Use at least ${MIN_PASSWORD_LENGTH} characters.`,
    long: 'This password is too long.',
    different: 'The passwords do not match.',
    wrong: 'That is not your current password.',
    done: 'Your password was changed. Your other devices are logged out.',
  },
  zh: {
    title: '密码',
    lead: '修改密码后，您将在其他所有设备上退出登录。',
    old: '当前密码',
    fresh: '新密码',
    freshLead: `至少 ${MIN_PASSWORD_LENGTH} 个字符。`,
    again: '再次输入新密码',
    change: '修改密码',
    oldMissing: '请输入当前密码。',
    short: `密码至少需要 ${MIN_PASSWORD_LENGTH} 个字符。`,
    long: '密码过长。',
    different: '两次输入的密码不一致。',
    wrong: '当前密码不正确。',
    done: '密码已修改，您的其他设备已退出登录。',
  },
})

const EMPTY = { old: '', fresh: '', again: '' }

export function PasswordSection() {
  const t = useTexts(texts)
  const client = useClient()
  const { account } = useMe()
  const [typed, setTyped] = useState(EMPTY)
  const [isAsked, setAsked] = useState(false)
  const { isBusy, failure, attempt, forget } = useAttempt()

  const problem = problemOfPassword(typed.fresh)
  const problems = {
    old: typed.old === '' && t.oldMissing,
    fresh: problem !== undefined && t[problem],
    again: typed.again !== typed.fresh && t.different,
  }
  const field = (name: keyof typeof EMPTY) => ({
    size: 'sm',
    label: t[name],
    value: typed[name],
    error: isAsked && problems[name],
    onChange: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) => {
      setTyped((before) => ({ ...before, [name]: value }))
      forget()
    },
  })

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (problems.old || problems.fresh || problems.again) return
    const isChanged = await attempt(
      () => client.changePassword(typed.old, typed.fresh),
      ({ code }) => (code === 'WrongCredentials' ? t.wrong : undefined),
    )
    if (!isChanged) return
    setTyped(EMPTY)
    setAsked(false)
    notifications.show({ message: t.done })
  }

  return (
    <Section icon={IconLock} title={t.title} lead={t.lead}>
      <form onSubmit={submit} noValidate>
        {/* For password managers, which want to know whose password it is. */}
        <input type="text" autoComplete="username" value={account} readOnly hidden />
        <div className={css.fields}>
          <PasswordField className={css.wide ?? ''} {...field('old')} autoComplete="current-password" />
          <PasswordField {...field('fresh')} description={t.freshLead} autoComplete="new-password" />
          <PasswordField {...field('again')} autoComplete="new-password" />
        </div>
        {failure !== undefined && <FailureNote mt="md">{failure}</FailureNote>}
        <div className={css.actions}>
          <Button type="submit" variant="default" loading={isBusy}>
            {t.change}
          </Button>
        </div>
      </form>
    </Section>
  )
}
