import { remembered, useStored } from '../../browser/stored'
import { useClient } from '../../platform/client-context'
import { foreignHost } from '../../platform/foreign-host'

/** A file that another server has, and that nobody has asked for yet. */
export interface Elsewhere {
  host: string
  /** It may be loaded from now on. */
  show(): void
}

/** What the user has asked for: as long as the page, so that nobody is asked twice. */
const asked = remembered<ReadonlySet<string>>(new Set())

/** Undefined of what may be loaded, as all may that is ours. */
export function useElsewhere(src: string): Elsewhere | undefined {
  const { files } = useClient()
  const [wanted, setWanted] = useStored(asked)
  const host = wanted.has(src) ? undefined : foreignHost(files, src)
  return host === undefined ? undefined : { host, show: () => setWanted(new Set(asked.get()).add(src)) }
}

/** For when a user logs out: the next one is asked anew. */
export function forgetElsewhere(): void {
  asked.set(new Set())
}
