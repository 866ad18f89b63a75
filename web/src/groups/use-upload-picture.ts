import { type Client, NudgeError } from 'nudge-sdk'
import { useCallback } from 'react'
import { useClient } from '../platform/client-context'
import { squareOf } from './picture'

/** Uploads a picture as a group shows it. Gives its address. Throws NudgeError. */
export function useUploadPicture(): (file: File) => Promise<string> {
  const client = useClient()
  return useCallback((file) => upload(client, file), [client])
}

async function upload(client: Client, file: File): Promise<string> {
  const square = await squareOf(file).catch(() => {
    throw new NudgeError('UnsupportedMediaType', 'this is no picture that the browser can show')
  })
  return (await client.files.upload(square, 'group.png')).publicSrc
}
