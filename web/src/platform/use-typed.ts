import { forgetUserIn, remembered, useStored } from '../browser/stored'
import { useWarningBeforeLeaving } from '../browser/use-warning-before-leaving'
import { useMe } from './client-context'

type Fields = Record<string, string>

/** What was typed into forms and is not saved yet, by user and form. As long as the page. */
const typed = remembered<Record<string, Fields>>({})

export interface Typed<Field extends string> {
  /** What the fields show: what was typed, or else what is saved, which another device may change. */
  values: Record<Field, string>
  type(field: Field, value: string): void
  /** Forgets what was typed, but for fields that have become something else than in `values`. */
  drop(values: Record<Field, string>): void
}

/** The fields of a form that is saved by a button. Who leaves it and comes back finds them as they were. */
export function useTyped<Field extends string>(form: string, saved: Record<Field, string>): Typed<Field> {
  const key = `${useMe().id}/${form}`
  const [all] = useStored(typed)
  return {
    values: { ...saved, ...all[key] },
    type: (field, value) => put(key, otherThan(saved, { ...typed.get()[key], [field]: value })),
    drop: (values) => put(key, otherThan(values, typed.get()[key] ?? {})),
  }
}

/** The browser asks before it closes or reloads the page while something was typed and not saved, wherever one is. */
export function useWarningOfTyped(): void {
  const [all] = useStored(typed)
  useWarningBeforeLeaving(Object.keys(all).length > 0)
}

/** For when a user logs out. */
export function forgetTyped(userId: string): void {
  forgetUserIn(typed, userId)
}

function put(key: string, fields: Fields): void {
  const { [key]: _, ...others } = typed.get()
  typed.set(Object.keys(fields).length === 0 ? others : { ...others, [key]: fields })
}

function otherThan(values: Fields, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => value !== values[field]))
}
