import { useClient } from '../../platform/client-context'
import { useTask } from '../../platform/use-task'

/** How long (ms) browsers may take to begin with a file that they are given. */
const BEGUN_MS = 60_000

/**
 * Saves a file of a message on the device. By a button, never by a link: the address of a private file carries what
 * opens the user's other files as well, and links are copied and passed on.
 */
export function useDownload(): { isBusy: boolean; download(src: string, name: string): void } {
  const client = useClient()
  const { isBusy, run } = useTask()
  const download = (src: string, name: string) => {
    if (isBusy) return
    const path = src.trim()
    // What is kept elsewhere is no secret of ours, and only the browser itself gets there.
    if (client.files.urlOf(path) === path) return click(path, name, { target: '_blank' })
    void run(async () => {
      const url = URL.createObjectURL(await client.files.download(path))
      click(url, name)
      setTimeout(() => URL.revokeObjectURL(url), BEGUN_MS)
    })
  }
  return { isBusy, download }
}

function click(href: string, download: string, more: { target?: string } = {}): void {
  const rel = 'noopener noreferrer nofollow'
  Object.assign(document.createElement('a'), { href, download, rel, ...more }).click()
}
