import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What to do where there is none. */
export const NO_CHROMIUM = 'no Chromium (apt-get install chromium, or name one in CHROMIUM_PATH)'

/** CHROMIUM_PATH, or else the first that is installed. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH
  if (named) return existsSync(named) ? named : undefined
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)]
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path))
}

/** The same for who cannot do without. Throws. */
export function getChromium(): string {
  const path = findChromium()
  if (path === undefined) throw new Error(`There is ${NO_CHROMIUM}.`)
  return path
}
