import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { until } from '../../../sdk/test/helpers/browser.js'

export const fieldOf = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true })

/** The messages of the chat that is open. */
export const said = (page: Page) => page.getByRole('log')

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

export interface Picked {
  name: string
  mimeType: string
  buffer: Buffer
}

/** As through the dialog of the system, which the button opens. */
export async function pick(page: Page, ...files: Picked[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await button(page, 'Attach files').click()
  await (await chooser).setFiles(files)
}

/** The picture is there, with pixels. */
export async function untilLoaded(picture: Locator): Promise<void> {
  await picture.waitFor()
  await until(() => picture.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0))
}

export const pictureOf = (background: string) =>
  sharp({ create: { width: 640, height: 400, channels: 3, background } })
    .png()
    .toBuffer()

/** A film of a moment, of 480 x 270 pixels. */
export async function filmOf(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 270 })
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' })
    const brush = canvas.getContext('2d')
    const film = new Promise<Blob>((resolve) => {
      recorder.ondataavailable = ({ data }) => resolve(data)
    })
    recorder.start()
    for (let frame = 0; frame < 5; frame += 1) {
      brush?.fillRect(frame * 40, 0, 30, 270)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    recorder.stop()
    return btoa(String.fromCharCode(...new Uint8Array(await (await film).arrayBuffer())))
  })
  return Buffer.from(base64, 'base64')
}

/** So many seconds of a tone, as WAV: 8000 samples a second, a byte each. */
export function recordingOf(seconds: number): Buffer {
  const rate = 8000
  const samples = Buffer.from(Array.from({ length: seconds * rate }, (_, at) => 128 + 60 * Math.sin(at / 3)))
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
