/** One at a time under each name, in the order of asking. */
export class Locks {
  #tails = new Map<string, Promise<unknown>>()

  hold<T>(name: string, act: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve()
    const result = before.then(act, act)
    const tail = result.catch(() => {})
    this.#tails.set(name, tail)
    void tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
    })
    return result
  }
}
