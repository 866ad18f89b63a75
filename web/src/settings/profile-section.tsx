import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconUser } from '@tabler/icons-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { LineField } from '../account/line-field'
import { cleanName } from '../account/rules'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { AvatarField } from './avatar-field'
import { Section } from './section'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    title: 'Profile',
    lead: 'Your name, title and picture are shown to everybody you talk to. Phone and address are for you alone.',
    name: 'Name',
    jobTitle: 'Job title',
    phone: 'Phone',
    address: 'Address',
    account: 'Account',
    accountLead: 'You log in with it.',
    nameMissing: 'A name is needed.',
    unsaved: 'Not saved yet',
    discard: 'Discard',
    save: 'Save profile',
    saved: 'Your profile is saved.',
  },
  zh: {
    title: '个人资料',
    lead: '与您聊天的人都能看到您的姓名、职位和头像。电话和地址仅您自己可见。',
    name: '姓名',
    jobTitle: '职位',
    phone: '电话',
    address: '地址',
    account: '账号',
    accountLead: '用于登录。',
    nameMissing: '姓名不能为空。',
    unsaved: '尚未保存',
    discard: '放弃更改',
    save: '保存资料',
    saved: '个人资料已保存。',
  },
})

const FIELDS = ['name', 'jobTitle', 'phone', 'address'] as const
type Field = (typeof FIELDS)[number]

const AUTOCOMPLETE: Record<Field, string> = {
  name: 'name',
  jobTitle: 'organization-title',
  phone: 'tel',
  address: 'street-address',
}

/** What others see of the user. */
export function ProfileSection() {
  const t = useTexts(texts)
  const me = useMe()
  /** What is typed and not saved: the rest follows the profile, which another device may change. */
  const [draft, setDraft] = useState<Partial<Record<Field, string>>>({})
  const { isBusy, run } = useTask()
  const nameRef = useRef<HTMLInputElement>(null)

  const shownIn = (field: Field) => draft[field] ?? me[field]
  const changed = FIELDS.filter((field) => cleanName(shownIn(field)) !== me[field])
  const isChanged = changed.length > 0
  const isNameMissing = cleanName(shownIn('name')) === ''
  useWarningBeforeLeaving(isChanged)

  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (isNameMissing) return nameRef.current?.focus()
    const change = Object.fromEntries(changed.map((field) => [field, cleanName(shownIn(field))]))
    if (!(await run(() => me.update(change)))) return
    setDraft({})
    notifications.show({ message: t.saved })
  }

  return (
    <Section icon={IconUser} title={t.title} lead={t.lead}>
      <AvatarField />
      <form onSubmit={save} noValidate>
        <div className={css.fields}>
          {FIELDS.map((field) => (
            <LineField
              key={field}
              ref={field === 'name' ? nameRef : null}
              label={t[field]}
              type={field === 'phone' ? 'tel' : 'text'}
              autoComplete={AUTOCOMPLETE[field]}
              value={shownIn(field)}
              onChange={(event) => {
                const { value } = event.currentTarget
                setDraft((before) => ({ ...before, [field]: value }))
              }}
              error={field === 'name' && isNameMissing && t.nameMissing}
            />
          ))}
          <LineField
            className={css.wide ?? ''}
            label={t.account}
            description={t.accountLead}
            readOnly
            variant="filled"
            value={me.account}
          />
        </div>
        <div className={css.actions}>
          {isChanged && <span className={css.unsaved}>{t.unsaved}</span>}
          {isChanged && (
            <Button variant="default" onClick={() => setDraft({})} disabled={isBusy}>
              {t.discard}
            </Button>
          )}
          <Button type="submit" loading={isBusy} disabled={!isChanged}>
            {t.save}
          </Button>
        </div>
      </form>
    </Section>
  )
}

/** The browser asks before it closes or reloads a page with something in it that would be lost. */
function useWarningBeforeLeaving(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [isNeeded])
}
