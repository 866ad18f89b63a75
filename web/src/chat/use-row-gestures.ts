import { type KeyboardEvent, type MouseEvent, type RefObject, useEffect } from 'react'
import type { MenuPlace } from './message-row'

/** How long (ms) a finger rests on a message until its menu opens. */
const LONG_PRESS_MS = 450
/** A finger that moves farther than this (px) scrolls. */
const STEADY_PX = 10

export interface RowGestures {
  onKeyDown(event: KeyboardEvent): void
  onContextMenu(event: MouseEvent): void
}

/**
 * The ways to a message without its button: arrow keys lead from one to the next, Enter, Shift+F10 and the menu key
 * open its menu, as do a right click and a finger that rests on it.
 */
export function useRowGestures(
  content: RefObject<HTMLElement | null>,
  onMenu: (key: string, place: MenuPlace) => void,
): RowGestures {
  useLongPress(content, onMenu)
  return {
    onKeyDown(event) {
      const row = event.target as HTMLElement
      const key = row.dataset.message
      if (key === undefined) return
      if (event.key === 'Enter' || event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) {
        onMenu(key, placeBelow(row))
        // Or else the menu takes it for a key that was pressed outside of it.
        event.stopPropagation()
      } else if (!moveFocus(event.currentTarget, row, event.key)) {
        return
      }
      event.preventDefault()
    },
    onContextMenu(event) {
      const row = rowOf(event.target)
      // Links, pictures and what is marked have the browser's own menu.
      const isOther = (event.target as Element).closest('a, img, video, audio, input, textarea') !== null
      if (!row || isOther || !getSelection()?.isCollapsed) return
      event.preventDefault()
      const isByKey = event.clientX === 0 && event.clientY === 0
      onMenu(
        row.dataset.message as string,
        isByKey ? placeBelow(row) : { x: event.clientX, y: event.clientY },
      )
    },
  }
}

/** Puts the focus on a message, for who comes back from its menu. */
export function focusRow(content: HTMLElement | null, key: string): void {
  content?.querySelector<HTMLElement>(`[data-message="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
}

function moveFocus(content: Element, row: HTMLElement, key: string): boolean {
  const rows = [...content.querySelectorAll<HTMLElement>('[data-message]')]
  const at = rows.indexOf(row)
  const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[key]
  if (next === undefined) return false
  rows[next]?.focus()
  return true
}

function placeBelow(row: HTMLElement): MenuPlace {
  const { left, bottom } = (row.querySelector('[data-bubble]') ?? row).getBoundingClientRect()
  // A long message may end below what is seen.
  return { x: left, y: Math.min(bottom, innerHeight - 80) }
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>('[data-message]') ?? null
}

/** iOS has no event for it. Where there is one too, the menu opens where it is already. */
function useLongPress(
  content: RefObject<HTMLElement | null>,
  onMenu: (key: string, place: MenuPlace) => void,
): void {
  useEffect(() => {
    const element = content.current
    if (!element) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let start: MenuPlace = { x: 0, y: 0 }
    let isPressed = false

    const begin = ({ touches, target }: TouchEvent) => {
      cancel()
      isPressed = false
      const [touch] = touches
      const row = (target as Element).closest('[data-bubble]') && rowOf(target)
      if (!touch || touches.length > 1 || !row) return
      start = { x: touch.clientX, y: touch.clientY }
      timer = setTimeout(() => {
        isPressed = true
        onMenu(row.dataset.message as string, start)
      }, LONG_PRESS_MS)
    }
    const move = ({ touches }: TouchEvent) => {
      const [touch] = touches
      const isSteady =
        touch && Math.hypot(touch.clientX - start.x, touch.clientY - start.y) < STEADY_PX && !isPressed
      if (!isSteady) cancel()
    }
    const end = (event: TouchEvent) => {
      cancel()
      // Or else the click that follows closes the menu, or opens a link.
      if (isPressed && event.cancelable) event.preventDefault()
    }
    const cancel = () => clearTimeout(timer)

    element.addEventListener('touchstart', begin, { passive: true })
    element.addEventListener('touchmove', move, { passive: true })
    element.addEventListener('touchend', end, { passive: false })
    element.addEventListener('touchcancel', cancel)
    return () => {
      cancel()
      element.removeEventListener('touchstart', begin)
      element.removeEventListener('touchmove', move)
      element.removeEventListener('touchend', end)
      element.removeEventListener('touchcancel', cancel)
    }
  }, [content, onMenu])
}
