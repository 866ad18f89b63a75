/** Of the square that a picture of a group becomes, in pixels. */
const SIZE = 512

/** The middle of a picture as a small square, so that lists of groups load fast. Rejects what is no picture. */
export async function squareOf(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file)
  const side = Math.min(bitmap.width, bitmap.height)
  const size = Math.min(side, SIZE)
  const canvas = document.createElement('canvas')
  canvas.width = size
  canvas.height = size
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2]
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, size, size)
  bitmap.close()
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be drawn'))),
      'image/png',
    )
  })
}
