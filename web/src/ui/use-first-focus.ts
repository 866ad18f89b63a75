import { type RefObject, useEffect, useRef } from 'react'

/** For the field where one begins. What is lazy comes after its dialog, which has given the focus to something else. */
export function useFirstFocus<T extends HTMLElement>(): RefObject<T | null> {
  const field = useRef<T>(null)
  useEffect(() => field.current?.focus(), [])
  return field
}
