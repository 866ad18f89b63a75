import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Nearer to the end than this (px) is at the end. */
const NEAR_PX = 40
/** So far below the upper edge is a line that one was led to: the day covers what is above it. */
const UPPER_EDGE_PX = 40

export interface AnchoredScroll {
  /** Scrolls; its children are in reverse (`column-reverse`), so that it begins at the end. */
  scroller: RefObject<HTMLDivElement | null>
  /** The only child, with everything in its natural order; its lines have `data-row`. */
  content: RefObject<HTMLDivElement | null>
  isAtEnd: boolean
  toEnd(options?: { isSmooth?: boolean }): void
  /** Shows this line near the upper edge, or as near as there is something below it. */
  toLine(line: Element): void
}

/**
 * Keeps in place what is seen. `column-reverse` measures from the end, so that what comes or grows above moves nothing,
 * and whoever is at the end stays there. What changes below is made good for here: the line at the upper edge stays
 * where it is. (Chromium could do that by itself, Safari could not.)
 */
export function useAnchoredScroll(): AnchoredScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const anchor = useRef<Anchor | undefined>(undefined)
  const [isAtEnd, setAtEnd] = useState(true)

  const remember = useCallback(() => {
    const box = scroller.current
    if (!box) return
    const isNear = box.scrollTop > -NEAR_PX
    setAtEnd(isNear)
    const line = isNear ? undefined : lineAtTop(box)
    anchor.current = line && { line, place: placeOf(line, box) }
  }, [])

  const settle = useCallback(() => {
    const box = scroller.current
    const { line, place } = anchor.current ?? {}
    if (!box || !line?.isConnected || place === undefined) return
    const moved = placeOf(line, box) - place
    if (Math.abs(moved) >= 0.5) box.scrollTop += moved
    remember()
  }, [remember])

  // After each render, before a scroll event could take what has moved for where it was left.
  useLayoutEffect(settle)

  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return
    // Where only the box changes (the composer grows), the end stays in view, as it does for who is there.
    const observer = new ResizeObserver((entries) => {
      if (entries.some(({ target }) => target === inner)) settle()
      else remember()
    })
    observer.observe(box)
    observer.observe(inner)
    box.addEventListener('scroll', remember, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', remember)
    }
  }, [remember, settle])

  const toEnd = useCallback(({ isSmooth = false } = {}) => {
    const box = scroller.current
    if (!box) return
    anchor.current = undefined
    const isFar = box.scrollTop < -3 * box.clientHeight
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
    box.scrollTo({ top: 0, behavior: isSmooth && !isFar && !isCalm ? 'smooth' : 'instant' })
  }, [])

  const toLine = useCallback((line: Element) => {
    const box = scroller.current
    if (!box) return
    anchor.current = undefined
    const offset = line.getBoundingClientRect().top - box.getBoundingClientRect().top
    box.scrollBy({ top: offset - UPPER_EDGE_PX, behavior: 'instant' })
  }, [])

  return { scroller, content, isAtEnd, toEnd, toLine }
}

interface Anchor {
  line: Element
  place: number
}

/** Where a line is when nothing is scrolled: the focus, say, may have scrolled without an event so far. */
function placeOf(line: Element, box: Element): number {
  return line.getBoundingClientRect().bottom + box.scrollTop
}

/** The first line that is seen, whole or in part. */
function lineAtTop(box: HTMLElement): Element | undefined {
  const lines = box.querySelectorAll('[data-row]')
  const top = box.getBoundingClientRect().top + 1
  let from = 0
  let to = lines.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((lines[middle] as Element).getBoundingClientRect().bottom > top) to = middle
    else from = middle + 1
  }
  return lines[from]
}
