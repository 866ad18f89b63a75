import { permission } from './permission'

export interface DesktopNotice {
  title: string
  body: string
  icon: string | undefined
  lang: string
  /** A later one of the same takes its place. */
  tag: string
  /** Where a click on it leads: a path of the app. */
  path: string
}

const shown = new Map<string, Notification>()

/** Shows it where the browser allows that. */
export function showOnDesktop({ title, path, icon, ...rest }: DesktopNotice): void {
  if (permission() !== 'granted') return
  const href = `./#${path}`
  const options = { ...rest, ...(icon !== undefined && { icon }), silent: true, data: { href } }
  try {
    const notice = new Notification(title, options)
    shown.set(rest.tag, notice)
    notice.onclose = () => {
      if (shown.get(rest.tag) === notice) shown.delete(rest.tag)
    }
    notice.onclick = () => {
      focus()
      location.hash = path
      notice.close()
    }
  } catch {
    // Phones: only the service worker may, and hears of the click (offline/service-worker.ts).
    void navigator.serviceWorker?.getRegistration().then((worker) => worker?.showNotification(title, options))
  }
}

/** Takes away those whose tag is `isOver`. Those of the service worker may be from other tabs, or from before. */
export async function takeOffDesktop(isOver: (tag: string) => boolean): Promise<void> {
  for (const [tag, notice] of shown) {
    if (!isOver(tag)) continue
    notice.close()
    shown.delete(tag)
  }
  const worker = await navigator.serviceWorker?.getRegistration()
  for (const notice of (await worker?.getNotifications()) ?? []) if (isOver(notice.tag)) notice.close()
}
