import type { Look } from '../../drafts/picked-files'

/** What the server makes small pictures of, and serves as pictures. */
const PICTURES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
/** Larger ones do not move in the list of messages. */
const MAX_MOVING_BYTES = 8_000_000
/** A film may have its length at its end, or be none. */
const PATIENCE_MS = 4000

const AS_FILE: Look = { kind: 'file', about: {} }

/**
 * Finds out what a file is and what receivers want to know before it is there: pixels, seconds. What this browser can
 * make nothing of is sent as a plain file. Undefined when it cannot be read at all, as folders cannot.
 */
export async function lookAtFile(file: File): Promise<Look | undefined> {
  const isReadable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(() => true)
    .catch(() => false)
  if (!isReadable) return undefined
  const [family] = file.type.split('/')
  if (!PICTURES.has(file.type) && family !== 'video' && family !== 'audio') return AS_FILE
  const url = URL.createObjectURL(file)
  try {
    if (family === 'image') return await lookAtPicture(file, url)
    return family === 'video' ? await lookAtFilm(file, url) : await lookAtRecording(file, url)
  } catch {
    return AS_FILE
  } finally {
    URL.revokeObjectURL(url)
  }
}

async function lookAtPicture({ name, type, size }: File, src: string): Promise<Look> {
  const picture = new Image()
  picture.src = src
  await picture.decode()
  const pixels = { width: picture.naturalWidth, height: picture.naturalHeight }
  // By its name it is known to move.
  const moves = type === 'image/gif' && size <= MAX_MOVING_BYTES
  return { kind: 'image', about: { ...pixels, ...(moves && { name }) } }
}

async function lookAtFilm({ size }: File, src: string): Promise<Look> {
  const read = ({ videoWidth, videoHeight }: HTMLVideoElement) => ({ width: videoWidth, height: videoHeight })
  const about = await loadAbout(document.createElement('video'), src, read)
  return about.width > 0 ? { kind: 'video', about: { ...about, size } } : AS_FILE
}

async function lookAtRecording({ name, size }: File, src: string): Promise<Look> {
  const duration = await loadAbout(document.createElement('audio'), src, (player) => player.duration)
  const second = Number.isFinite(duration) ? Math.ceil(duration) : 0
  return { kind: 'audio', about: { name, size, second } }
}

/** What `read` finds once the beginning is loaded. Rejects for what this browser cannot play. */
async function loadAbout<Player extends HTMLMediaElement, Result>(
  player: Player,
  src: string,
  read: (player: Player) => Result,
): Promise<Result> {
  try {
    await new Promise<void>((resolve, reject) => {
      player.preload = 'metadata'
      player.onloadedmetadata = () => resolve()
      player.onerror = () => reject(player.error)
      setTimeout(() => reject(new Error('it takes too long')), PATIENCE_MS)
      player.src = src
    })
    return read(player)
  } finally {
    player.onerror = null
    player.removeAttribute('src')
    player.load()
  }
}
