import { useSyncExternalStore } from 'react'

/** A choice of this browser's user, kept in localStorage where there is one; all tabs see changes. */
export interface Stored<T> {
  get(): T
  set(value: T): void
  subscribe(onChange: () => void): () => void
}

export function stored<T>(name: string, initial: T): Stored<T> {
  const key = `nudge-${name}`
  const listeners = new Set<() => void>()
  let text: string | null = null
  let value = initial

  const read = (): T => {
    let now: string | null = null
    try {
      now = localStorage.getItem(key)
      if (now !== text) value = now === null ? initial : (JSON.parse(now) as T)
    } catch {
      return value
    }
    text = now
    return value
  }
  addEventListener('storage', (event) => {
    if (event.key === key || event.key === null) for (const listener of listeners) listener()
  })

  return {
    get: read,
    set(next) {
      value = next
      const wanted = JSON.stringify(next)
      try {
        localStorage.setItem(key, wanted)
        text = wanted
      } catch {
        // No room, or a browser that keeps nothing: it holds as long as the page, or until another tab says more.
        text = textOf(key)
      }
      for (const listener of listeners) listener()
    },
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
}

function textOf(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** The same in memory only: it holds as long as the page, and no other tab sees it. */
export function remembered<T>(initial: T): Stored<T> {
  const listeners = new Set<() => void>()
  let value = initial
  return {
    get: () => value,
    set(next) {
      value = next
      for (const listener of listeners) listener()
    },
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
}

let isForgetful = false

/** For pages that leave nothing of a user in the browser. To be called before anything is shown. */
export function keepInMemory(): void {
  isForgetful = true
}

/** The same as `stored`, of what is a user's own, and stays in memory where the page wants that. */
export function storedForUsers<T>(name: string, initial: T): Stored<T> {
  const [kept, inMemory] = [stored(name, initial), remembered(initial)]
  const now = () => (isForgetful ? inMemory : kept)
  return {
    get: () => now().get(),
    set: (value) => now().set(value),
    subscribe: (onChange) => now().subscribe(onChange),
  }
}

/** Of what is kept under `<user's id>/…`: forgets what is this user's. */
export function forgetUserIn<T>(choice: Stored<Record<string, T>>, userId: string): void {
  const others = Object.entries(choice.get()).filter(([key]) => !key.startsWith(`${userId}/`))
  choice.set(Object.fromEntries(others))
}

export function useStored<T>(choice: Stored<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(choice.subscribe, choice.get), choice.set]
}
