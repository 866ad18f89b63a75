import { type FocusEvent, type KeyboardEvent, useState } from 'react'

/** How far a key moves in a list of so many rows. */
const TARGETS: Record<string, (at: number, size: number) => number> = {
  ArrowDown: (at, size) => Math.min(at + 1, size - 1),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, size) => size - 1,
}

/**
 * One stop of the Tab key for a whole list, and arrow keys between its rows. Rows are elements with `data-row`; the
 * one whose key is `stop` has `tabIndex` 0, the others -1. At first that is `preferred`, where it is among the keys.
 */
export function useRoving(keys: readonly string[], preferred?: string) {
  const [focused, setFocused] = useState<string>()
  const stop = [focused, preferred].find((key) => key !== undefined && keys.includes(key)) ?? keys[0]
  return {
    stop,
    listProps: {
      onFocus(event: FocusEvent<HTMLElement>) {
        const row = event.target.closest<HTMLElement>('[data-row]')
        if (row) setFocused(row.dataset.row)
      },
      onKeyDown(event: KeyboardEvent<HTMLElement>) {
        const rows = rowsIn(event.currentTarget)
        const at = rows.indexOf(event.target as HTMLElement)
        const move = TARGETS[event.key]
        if (at < 0 || !move) return
        event.preventDefault()
        rows[move(at, rows.length)]?.focus()
      },
    },
  }
}

/** The rows of a list, in the order they are shown. */
export function rowsIn(list: HTMLElement | null): HTMLElement[] {
  return list ? [...list.querySelectorAll<HTMLElement>('[data-row]')] : []
}
