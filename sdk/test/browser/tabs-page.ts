import type { Tabs } from '../../src/tabs/tabs.js'
import { openTabs } from '../../src/tabs/web-tabs.js'

let tabs: Tabs
let leads = false
const heard: unknown[] = []

export function join(name: string, isShared = true): void {
  tabs = openTabs(name, isShared)
  tabs.onMessage((message) => heard.push(message))
  tabs.lead().then(() => {
    leads = true
  })
}

export const isLeading = () => leads
export const whenLeading = () => tabs.lead()
export const post = (message: unknown) => tabs.post(message)
export const messages = () => heard
export const close = () => tabs.close()
