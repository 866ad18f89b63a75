import { CloseButton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type RefObject, useRef } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import css from './list.module.css'
import { rowsIn } from './use-roving'

const texts = defineTexts({ en: { clear: 'Clear search' }, zh: { clear: '清除搜索' } })

/**
 * What one types to find a row of `list`. Escape and the cross clear it; the arrow down goes to the first row, and Enter
 * opens that.
 */
export function SearchBox({
  label,
  value,
  onChange,
  list,
}: {
  label: string
  value: string
  onChange(value: string): void
  list?: RefObject<HTMLElement | null>
}) {
  const t = useTexts(texts)
  const input = useRef<HTMLInputElement>(null)
  const clear = () => {
    onChange('')
    input.current?.focus()
  }
  return (
    <TextInput
      ref={input}
      type="search"
      className={css.search}
      classNames={{ input: css.searchInput }}
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        const [first] = rowsIn(list?.current ?? null)
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Escape' && value !== '') {
          // Only what was typed goes, not the dialog around it.
          event.stopPropagation()
          clear()
        } else if (event.key === 'ArrowDown' && first) {
          event.preventDefault()
          first.focus()
        } else if (event.key === 'Enter' && value.trim() !== '') {
          first?.click()
        }
      }}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={value !== '' && <CloseButton size="sm" aria-label={t.clear} onClick={clear} />}
    />
  )
}
