import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconUser } from '@tabler/icons-react'
import { type FormEvent, useRef } from 'react'
import { LineField } from '../account/line-field'
import { cleanName } from '../account/rules'
import { defineTexts, useTexts } from '../i18n/texts'
import { useMe } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { useTyped } from '../platform/use-typed'
import { AvatarField } from './avatar-field'
import { Section } from './section'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    title: 'Profile',
    lead: 'Everyone you chat with sees your name, job title and picture. Only you see your phone and address.',
    name: 'Name',
    jobTitle: 'Job title',
    phone: 'Phone',
    address: 'Address',
    account: 'Account',
    accountLead: 'You use this to log in.',
    nameMissing: 'Enter your name.',
    unsaved: 'Unsaved changes',
    discard: 'Discard',
    save: 'Save profile',
    saved: 'Profile saved.',
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
    nameMissing: '请输入姓名。',
    unsaved: '有未保存的更改',
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
  const { name, jobTitle, phone, address } = me
  const { values, type, drop } = useTyped('profile', { name, jobTitle, phone, address })
  const { isBusy, run } = useTask()
  const nameRef = useRef<HTMLInputElement>(null)

  const changed = FIELDS.filter((field) => cleanName(values[field]) !== me[field])
  const isChanged = changed.length > 0
  const isNameMissing = cleanName(values.name) === ''

  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (isNameMissing) return nameRef.current?.focus()
    const change = Object.fromEntries(changed.map((field) => [field, cleanName(values[field])]))
    if (!(await run(() => me.update(change)))) return
    drop(values)
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
              value={values[field]}
              onChange={(event) => type(field, event.currentTarget.value)}
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
            <Button variant="default" onClick={() => drop(values)} disabled={isBusy}>
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
