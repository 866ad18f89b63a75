import { type RefObject, useEffect } from 'react'

/** So long (ms) after the last step of it nothing scrolls any more. */
const QUIET_MS = 150

/** Says so on the scroller, with `data-scrolling`, while it scrolls; the rest is CSS. */
export function useScrolling(scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const box = scroller.current
    if (!box) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let lastAt = 0
    const note = () => {
      lastAt = performance.now()
      if (timer !== undefined) return
      box.dataset.scrolling = 'true'
      timer = setTimeout(rest, QUIET_MS)
    }
    // One timer at a time, however many steps there are. (Safari has no `scrollend` so far.)
    const rest = () => {
      const left = lastAt + QUIET_MS - performance.now()
      timer = left > 0 ? setTimeout(rest, left) : undefined
      if (timer === undefined) delete box.dataset.scrolling
    }
    box.addEventListener('scroll', note, { passive: true })
    return () => {
      clearTimeout(timer)
      box.removeEventListener('scroll', note)
    }
  }, [scroller])
}

/** Says of a sticky line, with `data-stuck`, whether it lies over others instead of where it belongs. */
export function useStuck(line: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = line.current
    if (!element) return
    const top = Number.parseFloat(getComputedStyle(element).top) || 0
    const observer = new IntersectionObserver(
      (entries) => {
        element.dataset.stuck = String((entries.at(-1)?.intersectionRatio ?? 1) < 1)
      },
      // All of it is seen, unless it is where it sticks: below, there is no end.
      { root: scroller.current, rootMargin: `${-top - 1}px 0px 1000000px 0px`, threshold: 1 },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [line, scroller])
}
