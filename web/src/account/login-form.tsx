import { Anchor, Button, Stack, Text } from '@mantine/core'
import type { Credentials } from 'nudge-sdk'
import { type FormEvent, useRef, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { FailureNote } from './failure-note'
import { FormHeading } from './form-heading'
import { LineField } from './line-field'
import { PasswordField } from './password-field'
import { useAttempt } from './use-attempt'

const texts = defineTexts({
  en: {
    title: 'Welcome back',
    lead: 'Log in to go on where you stopped.',
    account: 'Account',
    accountHint: 'you@example.com',
    password: 'Password',
    logIn: 'Log in',
    accountMissing: 'Enter your account: the e-mail address you registered with.',
    passwordMissing: 'Enter your password.',
    isNew: 'New to Nudge?',
    register: 'Create an account',
  },
  zh: {
    title: '欢迎回来',
    lead: '登录后即可继续之前的对话。',
    account: '账号',
    accountHint: 'you@example.com',
    password: '密码',
    logIn: '登录',
    accountMissing: '请输入您注册时使用的账号（邮箱地址）。',
    passwordMissing: '请输入密码。',
    isNew: '还没有账号？',
    register: '注册账号',
  },
})

export function LoginForm({
  account: initial = '',
  onLogIn,
  onRegister,
}: {
  /** To begin with. */
  account?: string | undefined
  onLogIn(credentials: Credentials): Promise<void>
  onRegister(): void
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
      <FormHeading title={t.title} lead={t.lead} />
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
        <Button type="submit" size="md" fullWidth loading={isBusy}>
          {t.logIn}
        </Button>
        <Text size="sm" ta="center" c="dimmed">
          {t.isNew}{' '}
          <Anchor component="button" type="button" inherit fw={600} onClick={onRegister}>
            {t.register}
          </Anchor>
        </Text>
      </Stack>
    </form>
  )
}
