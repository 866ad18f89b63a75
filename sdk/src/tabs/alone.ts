import type { Tabs } from './tabs.js'

/** Where nobody else sees the same storage: this one leads. */
export function aloneTabs(): Tabs {
  let isClosed = false
  return {
    lead: () => (isClosed ? new Promise(() => {}) : Promise.resolve()),
    post() {},
    onMessage: () => () => {},
    close() {
      isClosed = true
    },
  }
}
