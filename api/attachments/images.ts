import { open } from 'node:fs/promises'
import sharp from 'sharp'
import { JobQueue } from './job-queue.js'

// One thread a picture, nothing kept between pictures, and only the four decoders that we ask for: whatever
// else libvips could read (SVG, PDF, TIFF…) is closed.
sharp.concurrency(1)
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadNsgif', 'VipsForeignLoadWebp'],
})

/** Thumbnails fit into a square of this many pixels. */
export const THUMBNAIL_PIXELS = 320
export const THUMBNAIL_TYPE = 'image/webp'

/** What a picture unfolds to in memory is bounded by this; larger ones stay plain files. */
const MAX_PIXELS = 64_000_000
const TIME_LIMIT_S = 20
/**
 * Pictures are decoded two at a time, each up to 4 bytes a pixel. Those that wait lie on the disk; beyond a few
 * seconds of work the client is sent away, because a picture that is stored without being looked at would never
 * be shown as one.
 */
export const imageQueue = new JobQueue({ atOnce: 2, maxWaiting: 64, retryAfterS: 5 })

/** The only types that are ever served as themselves. Nothing that can carry a script, such as SVG. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'

export interface Image {
  type: ImageType
  /** As shown: turned as the camera says. */
  width: number
  height: number
  thumbnailSize: number
}

/**
 * Looks at the bytes of a file, whatever it is called, and writes a thumbnail of it. Returns undefined for what
 * is no picture, a broken one, or one too large to be unfolded. Throws Unavailable when too many wait.
 */
export async function readImage(path: string, thumbnailPath: string): Promise<Image | undefined> {
  const type = await imageTypeOf(path)
  if (!type) return undefined
  return imageQueue.run(async () => {
    try {
      const input = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 })
      const { width, height, orientation = 1 } = await input.metadata()
      // Decodes the whole picture, so what is broken shows itself here.
      const { size } = await input
        .autoOrient()
        .resize({
          width: THUMBNAIL_PIXELS,
          height: THUMBNAIL_PIXELS,
          fit: 'inside',
          withoutEnlargement: true,
        })
        .webp({ quality: 75 })
        .timeout({ seconds: TIME_LIMIT_S })
        .toFile(thumbnailPath)
      // From 5 on, the camera was held upright.
      const isTurned = orientation >= 5
      return {
        type,
        width: isTurned ? height : width,
        height: isTurned ? width : height,
        thumbnailSize: size,
      }
    } catch {
      return undefined
    }
  })
}

async function imageTypeOf(path: string): Promise<ImageType | undefined> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0)
    return sniff(buffer.subarray(0, bytesRead).toString('latin1'))
  } finally {
    await file.close()
  }
}

function sniff(head: string): ImageType | undefined {
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (/^GIF8[79]a/.test(head)) return 'image/gif'
  if (/^RIFF.{4}WEBP/s.test(head)) return 'image/webp'
  return undefined
}
