import { Button, Stack } from '@mantine/core'
import type { Credentials } from 'nudge-sdk'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { FailureNote } from './failure-note'
import { FormHeading } from './form-heading'
import { LineField } from './line-field'
import { PasswordField } from './password-field'
import { useAttempt } from './use-attempt'

const texts = defineTexts({
  en: {
    account: 'Account',
    accountHint: 'you@example.com',
    password: 'Password',
    logIn: 'Log in',
    accountMissing: 'Enter the e-mail address you registered with.',
    passwordMissing: 'Enter your password.',
  },
  zh: {
    account: '账号',
    accountHint: 'you@example.com',
    password: '密码',
    logIn: '登录',
    accountMissing: '请输入账号（注册时使用的邮箱）。',
    passwordMissing: '请输入密码。',
  },
})

/** Account and password. `children` go above the button, the `footer` below it. */
export function LoginForm({
  title,
  lead,
  account: initial = '',
  onLogIn,
  footer,
  children,
}: {
  title: string
  lead: string
  /** To begin with. */
  account?: string | undefined
  onLogIn(credentials: Credentials): Promise<void>
  footer?: ReactNode
  children?: ReactNode
}) {
  const t = useTexts(texts)
  const [account, setAccount] = useState(initial)
  const [password, setPassword] = useState('')
  const [isAsked, setAsked] = useState(false)
  const { isBusy, failure, attempt, forget } = useAttempt()
  const accountRef = useRef<HTMLInputElement>(null)
  const passwordRef = useRef<HTMLInputElement>(null)
  const isAccountMissing = account.trim() === ''

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (isAccountMissing) return accountRef.current?.focus()
    if (password === '') return passwordRef.current?.focus()
    if (!(await attempt(() => onLogIn({ account: account.trim(), password })))) passwordRef.current?.select()
  }

  return (
    <form onSubmit={submit} noValidate>
      <FormHeading title={title} lead={lead} />
      <Stack>
        <LineField
          ref={accountRef}
          size="md"
          label={t.account}
          placeholder={t.accountHint}
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          autoFocus={initial === ''}
          value={account}
          onChange={(event) => {
            setAccount(event.currentTarget.value)
            forget()
          }}
          error={isAsked && isAccountMissing && t.accountMissing}
        />
        <PasswordField
          ref={passwordRef}
          label={t.password}
          autoComplete="current-password"
          autoFocus={initial !== ''}
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value)
            forget()
          }}
          error={isAsked && !isAccountMissing && password === '' && t.passwordMissing}
        />
        {failure !== undefined && <FailureNote>{failure}</FailureNote>}
        {children}
        <Button type="submit" size="md" fullWidth loading={isBusy}>
          {t.logIn}
        </Button>
        {footer}
      </Stack>
    </form>
  )
}
