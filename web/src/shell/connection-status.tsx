import { useStatus } from '../platform/use-status'

/** How the client stands with the server, in a word. */
export function ConnectionStatus() {
  const { state } = useStatus()
  return <span>{state}</span>
}
