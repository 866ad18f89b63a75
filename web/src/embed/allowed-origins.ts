const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

/** Whose pages may be around this one, as the server says. Asks until it answers; nobody's where it refuses to say. */
export async function fetchAllowedOrigins(serverUrl: string, appKey?: string): Promise<readonly string[]> {
  const query = appKey === undefined ? '' : `?${new URLSearchParams({ appKey })}`
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await fetch(`${serverUrl}/embedding${query}`)
      if (answer.ok) return ((await answer.json()) as { allowedOrigins: string[] }).allowedOrigins
      if (answer.status < 500 && answer.status !== 429) return []
    } catch {
      // No network, or something else that answers: the next try may be better.
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
