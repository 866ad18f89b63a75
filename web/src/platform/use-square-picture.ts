import { useCallback } from 'react'
import { squarePicture } from '../browser/square-picture'
import { defineTexts, useTexts } from '../i18n/texts'
import { showError } from './show-error'

const texts = defineTexts({
  en: { unreadable: 'Your browser cannot read this picture.' },
  zh: { unreadable: '浏览器无法读取此图片。' },
})

/** `squarePicture`, for what somebody has picked: what is no picture is told, and gives undefined. */
export function useSquarePicture(): (file: Blob) => Promise<Blob | undefined> {
  const t = useTexts(texts)
  return useCallback(
    async (file) => {
      try {
        return await squarePicture(file)
      } catch {
        showError(t.unreadable)
        return undefined
      }
    },
    [t],
  )
}
