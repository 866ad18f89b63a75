import { useEffect, useState } from 'react'

/** `unavailable`: the browser has none, or not for this page. */
export type Permission = NotificationPermission | 'unavailable'

/** Whether the browser lets this page show notifications of the desktop. */
export function permission(): Permission {
  return 'Notification' in globalThis && isSecureContext ? Notification.permission : 'unavailable'
}

/** The same, current. `ask` has to be called from a click or a key. */
export function usePermission(): { permission: Permission; ask(): Promise<void> } {
  const [current, setCurrent] = useState(permission)
  useEffect(() => {
    const look = () => setCurrent(permission())
    // Not every browser tells of changes; whoever made one comes back to the page.
    addEventListener('focus', look)
    let status: PermissionStatus | undefined
    navigator.permissions?.query({ name: 'notifications' }).then(
      (found) => {
        status = found
        status.addEventListener('change', look)
      },
      () => {},
    )
    return () => {
      removeEventListener('focus', look)
      status?.removeEventListener('change', look)
    }
  }, [])
  const ask = async () => {
    await Notification.requestPermission()
    setCurrent(permission())
  }
  return { permission: current, ask }
}
