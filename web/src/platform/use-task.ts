import { useCallback, useState } from 'react'
import { useTexts } from '../i18n/texts'
import { describeError, errorTexts } from './errors'
import { showError } from './show-error'

/**
 * Runs what a button starts: `isBusy` meanwhile, and a notification when it fails. `run` gives whether it succeeded.
 */
export function useTask(): { isBusy: boolean; run(act: () => Promise<unknown>): Promise<boolean> } {
  const [isBusy, setBusy] = useState(false)
  const texts = useTexts(errorTexts)
  const run = useCallback(
    async (act: () => Promise<unknown>) => {
      setBusy(true)
      try {
        await act()
        return true
      } catch (error) {
        showError(describeError(error, texts))
        return false
      } finally {
        setBusy(false)
      }
    },
    [texts],
  )
  return { isBusy, run }
}
