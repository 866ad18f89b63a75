import { NudgeError } from 'nudge-sdk'

/** What a face is at most, in pixels: enough for the largest that is shown, on screens with two a point. */
const SIDE = 512

/**
 * The middle of a picture of somebody or of a group, as a square that is not too large: a photo of many megabytes need
 * not be loaded by everybody who sees it. Throws NudgeError: UnsupportedMediaType when the browser cannot read it.
 */
export async function squarePicture(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => {
    throw unreadable()
  })
  try {
    const from = Math.min(picture.width, picture.height)
    const side = Math.min(from, SIDE)
    const canvas = document.createElement('canvas')
    canvas.width = side
    canvas.height = side
    const [x, y] = [(picture.width - from) / 2, (picture.height - from) / 2]
    canvas.getContext('2d')?.drawImage(picture, x, y, from, from, 0, 0, side, side)
    // What may be transparent stays so.
    const type = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/png'
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(unreadable())), type, 0.9)
    })
  } finally {
    picture.close()
  }
}

const unreadable = () =>
  new NudgeError('UnsupportedMediaType', 'this is no picture that the browser can show')
