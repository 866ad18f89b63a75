import type { Client } from 'nudge-sdk'
import { useEffect, useRef, useState } from 'react'
import { useClient } from '../../platform/client-context'
import { ownAddress } from '../../platform/foreign-host'
import { useTask } from '../../platform/use-task'
import { useUntilLive } from '../../platform/use-until-live'
import { useObjectUrl } from './use-object-url'

const TYPES: Record<string, string> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
}

export interface MediaSource {
  /** Undefined while there is nothing to play. */
  url: string | undefined
  /**
   * `held`: it does not play as the server gives it, and is fetched when somebody asks for it. `fetching`: that is under
   * way. `unplayable`: this browser cannot play it.
   */
  state: 'ready' | 'held' | 'fetching' | 'unplayable'
  /** Whether somebody has asked for it, and waits for it to begin. */
  isFetched: boolean
  /** Fetches what is held. */
  fetch(): void
  /** For the element's `onError`. */
  onError(): void
}

/**
 * Where a film or a recording is played from: the file while it is on its way, then the server. The server says of
 * no such file what it is, and browsers that take its word get it from here with a type. That means all of it, in
 * memory, so somebody has to ask for it; what another server has is not loaded at all. What could not be loaded is tried
 * anew as soon as there is a connection.
 */
export function useMediaSource(file: Blob | undefined, src: string, name: string): MediaSource {
  const { files } = useClient()
  const [hasFailed, setFailed] = useUntilLive(false)
  const [isUnplayable, setUnplayable] = useState(false)
  const [fetched, setFetched] = useState<Blob>()
  const { isBusy, run } = useTask()
  const fetching = useRef<AbortController>(undefined)
  useEffect(() => () => fetching.current?.abort(), [])
  const whole = file ?? fetched
  const local = useObjectUrl(whole)
  const direct = ownAddress(files, src)
  // The SDK fetches what it has a path of.
  const canFetch = direct !== src.trim()

  const stateOf = (): MediaSource['state'] => {
    if (isBusy) return 'fetching'
    if (isUnplayable) return 'unplayable'
    if (whole || !hasFailed) return 'ready'
    return canFetch ? 'held' : 'unplayable'
  }
  const state = stateOf()
  return {
    url: local ?? (state === 'ready' && !whole ? direct : undefined),
    state,
    isFetched: fetched !== undefined,
    fetch() {
      if (state !== 'held') return
      const gone = new AbortController()
      fetching.current = gone
      void run(async () => {
        try {
          setFetched(await fetchTyped(files, src, name, gone.signal))
        } catch (error) {
          if (!gone.signal.aborted) throw error
        }
      })
    },
    onError() {
      if (whole) {
        setUnplayable(true)
        setFetched(undefined)
      } else if (!local) {
        // Or else it is about the file that was on its way, which is there by now.
        setFailed(true)
      }
    },
  }
}

async function fetchTyped(
  files: Client['files'],
  src: string,
  name: string,
  signal: AbortSignal,
): Promise<Blob> {
  const blob = await files.download(src, { signal })
  const type = TYPES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? blob.type
  return new Blob([blob], { type })
}

/** One at a time: what else is playing on the page is paused. */
export function pauseOthers(player: HTMLMediaElement): void {
  for (const other of document.querySelectorAll<HTMLMediaElement>('audio, video')) {
    if (other !== player) other.pause()
  }
}
