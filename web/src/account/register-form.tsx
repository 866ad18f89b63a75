import { Alert, Anchor, Button, Stack, Text } from '@mantine/core'
import { IconMailOpened } from '@tabler/icons-react'
import type { Credentials } from 'nudge-sdk'
import { type FormEvent, useRef, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { FailureNote } from './failure-note'
import { FormHeading } from './form-heading'
import type { Invitation } from './invitation'
import { LineField } from './line-field'
import { PasswordField } from './password-field'
import { cleanName, isAccount, MIN_PASSWORD_LENGTH, problemOfPassword } from './rules'
import { useAttempt } from './use-attempt'

const texts = defineTexts({
  en: {
    title: 'Create an account',
    lead: 'It takes a minute and works on all your devices.',
    invitedTitle: 'You were invited to a group',
    invited: 'Create an account to join it right away.',
    account: 'Account',
    accountHint: 'you@example.com',
    accountLead: 'Your e-mail address. You use this to log in.',
    accountFixed: 'The invitation was sent to this address.',
    name: 'Name',
    nameHint: 'The name others see',
    password: 'Password',
    passwordLead: `At least ${MIN_PASSWORD_LENGTH} characters.`,
    register: 'Create account',
    accountWrong: 'Enter an e-mail address, without spaces or quotes.',
    nameMissing: 'Enter your name.',
    short: `Use at least ${MIN_PASSWORD_LENGTH} characters.`,
    long: 'This password is too long.',
    taken: 'An account with this address already exists. Log in instead.',
    invitationOver: 'This invitation is no longer valid. It was used, was withdrawn or has expired.',
    without: 'Continue without it',
    isThere: 'Already have an account?',
    logIn: 'Log in',
  },
  zh: {
    title: '注册账号',
    lead: '只需一分钟，即可在您的所有设备上使用。',
    invitedTitle: '您被邀请加入群聊',
    invited: '注册账号后即可直接加入。',
    account: '账号',
    accountHint: 'you@example.com',
    accountLead: '您的邮箱地址，用于登录。',
    accountFixed: '邀请已发送至此地址。',
    name: '姓名',
    nameHint: '其他人看到的名字',
    password: '密码',
    passwordLead: `至少 ${MIN_PASSWORD_LENGTH} 个字符。`,
    register: '注册',
    accountWrong: '请输入邮箱地址，不能包含空格和引号。',
    nameMissing: '请输入姓名。',
    short: `密码至少需要 ${MIN_PASSWORD_LENGTH} 个字符。`,
    long: '密码过长。',
    taken: '该账号已被注册，请直接登录。',
    invitationOver: '此邀请已失效，可能已被使用、撤回或已过期。',
    without: '不使用邀请，继续注册',
    isThere: '已有账号？',
    logIn: '登录',
  },
})

export function RegisterForm({
  invitation,
  onEnter,
  onLogIn,
  onWithoutInvitation,
}: {
  invitation?: Invitation | undefined
  /** There is such an account now. */
  onEnter(credentials: Credentials): Promise<void>
  /** Wants to log in instead, with what was entered so far; with an `error`, has to, for there is an account now. */
  onLogIn(account: string, error?: unknown): void
  onWithoutInvitation(): void
}) {
  const t = useTexts(texts)
  const client = useClient()
  const [account, setAccount] = useState(invitation?.email ?? '')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [isAsked, setAsked] = useState(false)
  const [isInvitationOver, setInvitationOver] = useState(false)
  const { isBusy, failure, attempt, forget } = useAttempt()
  const accountRef = useRef<HTMLInputElement>(null)
  const nameRef = useRef<HTMLInputElement>(null)
  const passwordRef = useRef<HTMLInputElement>(null)

  const isNameMissing = cleanName(name) === ''
  const problem = problemOfPassword(password)
  const changed = (set: (value: string) => void) => (event: { currentTarget: HTMLInputElement }) => {
    set(event.currentTarget.value)
    forget()
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (!isAccount(account)) return accountRef.current?.focus()
    if (isNameMissing) return nameRef.current?.focus()
    if (problem) return passwordRef.current?.focus()
    const credentials = { account: account.trim(), password }
    await attempt(
      async () => {
        await client.register({
          ...credentials,
          name: cleanName(name),
          ...(invitation && { invitation: invitation.key }),
        })
        // There is an account now: what fails from here on is for the form to log in.
        await onEnter(credentials).catch((error) => onLogIn(credentials.account, error))
      },
      ({ code }) => {
        if (code === 'AlreadyExists') return t.taken
        if (code !== 'InvalidParameter' || !invitation) return undefined
        setInvitationOver(true)
        return t.invitationOver
      },
    )
  }

  return (
    <form onSubmit={submit} noValidate>
      <FormHeading title={t.title} lead={t.lead} />
      <Stack>
        {invitation && (
          <Alert role="note" variant="light" icon={<IconMailOpened />} title={t.invitedTitle}>
            {t.invited}
          </Alert>
        )}
        <LineField
          ref={accountRef}
          size="md"
          label={t.account}
          description={invitation ? t.accountFixed : t.accountLead}
          placeholder={t.accountHint}
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          autoFocus={!invitation}
          readOnly={invitation !== undefined}
          value={account}
          onChange={changed(setAccount)}
          error={isAsked && !isAccount(account) && t.accountWrong}
        />
        <LineField
          ref={nameRef}
          size="md"
          label={t.name}
          placeholder={t.nameHint}
          autoComplete="name"
          autoFocus={invitation !== undefined}
          value={name}
          onChange={changed(setName)}
          error={isAsked && isNameMissing && t.nameMissing}
        />
        <PasswordField
          ref={passwordRef}
          label={t.password}
          description={t.passwordLead}
          autoComplete="new-password"
          value={password}
          onChange={changed(setPassword)}
          error={isAsked && problem && t[problem]}
        />
        {failure !== undefined && (
          <FailureNote>
            {failure}
            {isInvitationOver && (
              <Anchor
                component="button"
                type="button"
                size="sm"
                mt={4}
                display="block"
                onClick={onWithoutInvitation}
              >
                {t.without}
              </Anchor>
            )}
          </FailureNote>
        )}
        <Button type="submit" size="md" fullWidth loading={isBusy}>
          {t.register}
        </Button>
        <Text size="sm" ta="center" c="dimmed">
          {t.isThere}{' '}
          <Anchor component="button" type="button" inherit fw={600} onClick={() => onLogIn(account.trim())}>
            {t.logIn}
          </Anchor>
        </Text>
      </Stack>
    </form>
  )
}
