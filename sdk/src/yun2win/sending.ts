import { attempt } from '../events.js'
import { contentOf } from '../send/content.js'
import { nameOf } from './attachments.js'
import type { SendObj, Y2wIMBridge } from './bridge.js'
import { failureOf } from './callbacks.js'
import type { Message } from './messages.js'
import type { Session } from './sessions.js'

/** Pictures over this many bytes are not shown before they are uploaded. */
const MAX_PREVIEW_BYTES = 8 * 1024 * 1024

export function sendText(bridge: Y2wIMBridge, sendObj: SendObj): Promise<void> {
  return send(bridge, sendObj, 'text', { text: sendObj.text })
}

export async function sendFile(bridge: Y2wIMBridge, sendObj: SendObj): Promise<void> {
  const file = sendObj.file as Blob
  const kind = file.type.startsWith('image/') ? 'image' : 'file'
  const name = nameOf(file)
  const shown = kind === 'image' ? await preview(file) : { name, size: file.size }
  await send(bridge, sendObj, kind, shown, async (message) => {
    const stored = await bridge.persist(() => bridge.user.attachments.store(file, name))
    message.content = JSON.parse(contentOf({ kind, name, size: file.size }, stored))
  })
}

/** As the document has it: make, show, store, tell. Never throws: what goes wrong is told to the screen. */
async function send(
  bridge: Y2wIMBridge,
  { targetId, scene, options = {} }: SendObj,
  type: string,
  content: object,
  prepare: (message: Message) => Promise<void> = async () => {},
): Promise<void> {
  let message: Message | undefined
  let id: string | undefined
  let session: Session
  try {
    session = await bridge.persist(() => bridge.user.sessions.load(targetId, scene))
    const { messages } = session
    const made = messages.createMessage({
      sender: bridge.user.id,
      to: targetId,
      type,
      content,
      status: 'storing',
    })
    message = made
    id = made.id
    messages.add(made)
    attempt(() => options.showMsg?.(made))
    await prepare(made)
    await bridge.persist(() => messages.remote.post(made))
  } catch (error) {
    if (message) message.status = 'storefailed'
    attempt(() => options.storeMsgFailed?.(id, failureOf(error)))
    return
  }
  const stored = message
  bridge.announce(session)
  attempt(() => options.storeMsgDone?.(id as string, session.type, targetId, stored))
}

/** The picture itself, to be shown until the server has it. */
async function preview(file: Blob): Promise<object> {
  if (file.size > MAX_PREVIEW_BYTES) return { width: 0, height: 0 }
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return { base64: `data:${file.type};base64,${btoa(binary)}`, ...(await sizeOf(file)) }
}

/** Zero where the platform cannot tell, or it is no picture. */
async function sizeOf(file: Blob): Promise<{ width: number; height: number }> {
  try {
    const bitmap = await createImageBitmap(file)
    const { width, height } = bitmap
    bitmap.close()
    return { width, height }
  } catch {
    return { width: 0, height: 0 }
  }
}
