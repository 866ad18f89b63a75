const [QUOTE, BACKSLASH] = Buffer.from('"\\')
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('[]{}')

/** Whether JSON text has more than `maxLevels` arrays and objects inside each other. */
export function isNestedBeyond(maxLevels: number, json: Buffer): boolean {
  let level = 0
  let isInText = false
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (isInText) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) isInText = false
    } else if (byte === QUOTE) isInText = true
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      level += 1
      if (level > maxLevels) return true
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) level -= 1
  }
  return false
}
