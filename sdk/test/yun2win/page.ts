import { createYun2win, type Yun2winOptions, type Yun2winStorage } from '../../src/yun2win/index.js'

/** A stand-in for localStorage, which pages of one browser share. */
export function browserStorage(): Yun2winStorage & { size(): number } {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    size: () => items.size,
  }
}

/** A page of a browser: the scripts loaded anew over what the browser keeps. */
export function openPage(url: string, storage: Yun2winStorage, options: Yun2winOptions = {}) {
  return createYun2win({
    baseUrl: `${url}/v1/`,
    storage,
    ...options,
    timing: { retryFirst: 50, ...options.timing },
  })
}

/** `alert` of the samples, for the test to wait for. */
export class Alerts {
  readonly all: string[] = []
  #waiting: ((text: string) => void)[] = []

  readonly alert = (text: string): void => {
    this.all.push(text)
    this.#waiting.shift()?.(text)
  }

  /** What is said next. Ask before it can be said. */
  next(): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }
}

/** What a callback-style call comes to. */
export function result<T>(call: (cb: (err: unknown, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((err, value) => (err ? reject(err) : resolve(value)))
  })
}

/** Waits until it is so; events bring it about, this only looks. */
export async function eventually(isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs
  while (!isSo()) {
    if (Date.now() > endsAt) throw new Error(`never came to be: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
