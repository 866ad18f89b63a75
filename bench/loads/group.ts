import { setTimeout as sleep } from 'node:timers/promises'
import { Device } from '../tools/device.js'
import { RestConnection } from '../tools/rest.js'

export { ask } from './grow.js'

let devices: Device[] = []
let onPublish = () => {}

/** Connects these devices, in place of those that were. */
export async function connectDevices({
  port,
  passwords,
}: {
  port: number
  passwords: { userId: string; password: string }[]
}): Promise<void> {
  for (const device of devices) device.close()
  devices = await Promise.all(passwords.map((one) => connectDevice(port, one)))
}

async function connectDevice(port: number, one: { userId: string; password: string }): Promise<Device> {
  for (;;) {
    const device = new Device({
      port,
      username: one.userId,
      password: one.password,
      // Not the word that one is let in.
      onPublish: (body) => body.includes('"syncs"') && onPublish(),
    })
    try {
      await device.accepted
      return device
    } catch (error) {
      // Unavailable: push has yet to learn which logins have ended.
      if (!String(error).includes('refused with 7')) throw error
      await sleep(50)
    }
  }
}

/** Sends one message; when (ms since) it was answered, and when the first and the last device had heard of it. */
export async function announce({
  port,
  request,
}: {
  port: number
  request: string
}): Promise<{ answered: number; first: number; last: number }> {
  const connection = new RestConnection(port)
  const began = performance.now()
  const since = () => performance.now() - began
  let [heard, first] = [0, 0]
  const all = new Promise<number>((resolve, reject) => {
    const impatience = setTimeout(() => reject(new Error(`${heard} of ${devices.length} heard`)), 20_000)
    onPublish = () => {
      heard += 1
      if (heard === 1) first = since()
      if (heard < devices.length) return
      clearTimeout(impatience)
      resolve(since())
    }
  })
  const { status, body } = await connection.send(request)
  const answered = since()
  connection.close()
  if (status !== 200) throw new Error(`${status} ${body}`)
  return { answered, first, last: await all }
}
