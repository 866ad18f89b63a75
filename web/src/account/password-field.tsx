import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { fieldLook, hintOf } from './line-field'

const texts = defineTexts({
  en: { show: 'Show password', caps: 'Caps Lock is on.' },
  zh: { show: '显示密码', caps: '大写锁定已开启。' },
})

/** A password, which can be shown; says when Caps Lock is on. */
export function PasswordField({ description, ...rest }: PasswordInputProps) {
  const t = useTexts(texts)
  const [isCaps, setCaps] = useState(false)
  const look = (event: KeyboardEvent) => setCaps(event.getModifierState('CapsLock'))
  return (
    <PasswordInput
      size="md"
      {...fieldLook}
      {...rest}
      description={isCaps ? t.caps : hintOf(rest.error, description)}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': t.show }}
      onKeyDown={look}
      onKeyUp={look}
      onBlur={() => setCaps(false)}
    />
  )
}
