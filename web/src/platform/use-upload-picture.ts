import { useCallback } from 'react'
import { useClient } from './client-context'

/** Uploads what `squarePicture` has made. Gives its address, for all to see. Throws NudgeError. */
export function useUploadPicture(): (picture: Blob) => Promise<string> {
  const client = useClient()
  return useCallback(
    async (picture) => {
      const ending = picture.type === 'image/jpeg' ? 'jpg' : 'png'
      return (await client.files.upload(picture, `picture.${ending}`)).publicSrc
    },
    [client],
  )
}
