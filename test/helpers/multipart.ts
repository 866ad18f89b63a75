/** A file as the old client sends it. */
export interface OldFile {
  bytes: Uint8Array
  /** Written as UTF-16 units cut to 8 bits, as the old client does. */
  fileName?: string
  type?: string
  boundary?: string
}

/**
 * The body that the yun2win client puts together by hand: headers in its order, no line end after the closing
 * boundary. (yun2win.md §3 #9)
 */
export function oldUpload({
  bytes,
  fileName = 'photo.jpg',
  type = 'image/jpg',
  boundary = `${Math.random()}`,
}: OldFile): { headers: Record<string, string>; raw: Uint8Array<ArrayBuffer> } {
  const head = [
    `--${boundary}`,
    `Content-Type: ${type}`,
    `Content-Disposition: form-data; name="pic"; filename="${fileName}"`,
    'Content-Transfer-Encoding: binary',
    '',
    '',
  ].join('\r\n')
  const raw = Buffer.concat([cutTo8Bits(head), bytes, Buffer.from(`\r\n--${boundary}--`)])
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    raw: new Uint8Array(raw),
  }
}

function cutTo8Bits(text: string): Buffer {
  return Buffer.from(text.split('').map((unit) => unit.charCodeAt(0) & 0xff))
}
