/**
 * Keeps the app itself on the device, so that it opens without a network; what was said is kept by the SDK. It never
 * touches the API, nor any page but the app's own.
 *
 * Each version of the app is one cache, filled when its worker is installed. The one before stays until the next
 * version: pages that were opened with it may load parts of it later.
 */

// What of a worker is used here: TypeScript has types for either pages or workers.
interface LifeEvent extends Event {
  waitUntil(done: Promise<unknown>): void
}
interface FetchEvent extends LifeEvent {
  request: Request
  respondWith(response: Promise<Response>): void
}
interface ClickEvent extends LifeEvent {
  notification: Notification
}
interface Page {
  url: string
  focus(): Promise<Page>
  navigate(url: string): Promise<Page | null>
}
interface Worker {
  registration: { scope: string }
  clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window' }): Promise<Page[]>
    openWindow(url: string): Promise<Page | null>
  }
  skipWaiting(): Promise<void>
  addEventListener(name: 'install' | 'activate', listener: (event: LifeEvent) => void): void
  addEventListener(name: 'fetch', listener: (event: FetchEvent) => void): void
  addEventListener(name: 'notificationclick', listener: (event: ClickEvent) => void): void
}

/** Written into the built file by vite.config.ts: what the app consists of, and a hash of all that. */
declare const APP_FILES: readonly string[]
declare const APP_VERSION: string

const worker = self as unknown as Worker
const PREFIX = 'nudge-app-'
const CACHE = `${PREFIX}${APP_VERSION}`
/** How long (ms) the server may take to give out the page where there is one on the device. */
const PATIENCE_MS = 4000

const { scope } = worker.registration
const page = new URL('./', scope).href
/** Addresses that the app opens at. */
const pages = new Set([page, new URL('./acceptInvite', scope).href])
const files = new Set(APP_FILES.map((file) => new URL(file, scope).href))

worker.addEventListener('install', (event) => {
  event.waitUntil(install())
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  const url = new URL(request.url)
  const address = url.origin + url.pathname
  if (request.mode === 'navigate') {
    if (pages.has(address)) event.respondWith(openPage(request))
  } else if (files.has(address) || address.startsWith(new URL('./assets/', scope).href)) {
    event.respondWith(giveFile(request))
  }
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { href } = event.notification.data as { href: string }
  event.waitUntil(show(new URL(href, scope).href))
})

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  await Promise.all(
    [page, ...files].map(async (url) => {
      // The name of an asset says what is in it; everything else may be another one by now.
      const isLasting = url.includes('/assets/')
      const held = isLasting ? await caches.match(url) : undefined
      const response = held ?? (await fetch(url, { cache: isLasting ? 'default' : 'reload' }))
      if (!response.ok) throw new Error(`${url}: ${response.status}`)
      await cache.put(url, response)
    }),
  )
  await worker.skipWaiting()
}

async function activate(): Promise<void> {
  // In the order in which they were made.
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX))
  const old = names.filter((name) => name !== CACHE).slice(0, -1)
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** As the server has it now, or else as it was when this worker came. */
async function openPage(request: Request): Promise<Response> {
  const held = await (await caches.open(CACHE)).match(page)
  const asked = fetch(request).then((response) => {
    if (response.status >= 500 && held) throw new Error('the server is not there')
    return response
  })
  if (!held) return asked
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(held), PATIENCE_MS))
  return Promise.race([asked.catch(() => held), late])
}

async function giveFile(request: Request): Promise<Response> {
  const own = await (await caches.open(CACHE)).match(request, { ignoreSearch: true, ignoreVary: true })
  return own ?? (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

/** In a window that is there already, if there is one. */
async function show(url: string): Promise<void> {
  const open = await worker.clients.matchAll({ type: 'window' })
  const [found] = open.filter((each) => pages.has(each.url.replace(/[?#].*$/, '')))
  if (!found) await worker.clients.openWindow(url)
  else await (await found.focus()).navigate(url)
}

export {}
