import type { Client } from 'nudge-sdk'
import { useEffect, useState } from 'react'
import { useClient } from '../../platform/client-context'
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
  /** Undefined while it is being fetched. */
  url: string | undefined
  isBroken: boolean
  /** For the element's `onError`. */
  onError(): void
}

/**
 * Where a film or a recording is played from: the file while it is on its way, then the server. The server says of
 * no such file what it is, and browsers that take its word get it from here with a type, after the first failure.
 * What could not be fetched is tried anew as soon as there is a connection.
 */
export function useMediaSource(file: Blob | undefined, src: string, name: string): MediaSource {
  const client = useClient()
  const [stage, setStage] = useState<'direct' | 'fetched' | 'unplayable'>('direct')
  const [isLost, setLost] = useUntilLive(false)
  const [fetched, setFetched] = useState<Blob>()
  const local = useObjectUrl(file ?? fetched)
  useEffect(() => {
    if (stage !== 'fetched' || fetched) return
    const gone = new AbortController()
    fetchTyped(client, src, name, gone.signal).then(setFetched, () => {
      if (gone.signal.aborted) return
      setStage('direct')
      setLost(true)
    })
    return () => gone.abort()
  }, [client, stage, fetched, src, name, setLost])
  const direct = stage === 'direct' && !file ? client.files.urlOf(src) : undefined
  return {
    url: local ?? direct,
    isBroken: stage === 'unplayable' || isLost,
    onError: () => setStage(stage === 'direct' && !file ? 'fetched' : 'unplayable'),
  }
}

async function fetchTyped(client: Client, src: string, name: string, signal: AbortSignal): Promise<Blob> {
  const blob = await client.files.download(src, { signal })
  const type = TYPES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? blob.type
  return new Blob([blob], { type })
}

/** One at a time: what else is playing on the page is paused. */
export function pauseOthers(player: HTMLMediaElement): void {
  for (const other of document.querySelectorAll<HTMLMediaElement>('audio, video')) {
    if (other !== player) other.pause()
  }
}
