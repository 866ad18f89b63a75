import { NudgeError } from 'nudge-sdk'
import { useCallback, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { describeError, errorTexts } from '../platform/errors'

const texts = defineTexts({
  en: { wait: (seconds: number) => `Too many attempts. Try again in ${seconds} s.` },
  zh: { wait: (seconds: number) => `尝试次数过多，请在 ${seconds} 秒后重试。` },
})

/** For forms that say inline what went wrong. `describe` has words of its own for some failures. */
export function useAttempt(): {
  isBusy: boolean
  failure: string | undefined
  attempt(act: () => Promise<unknown>, describe?: (error: NudgeError) => string | undefined): Promise<boolean>
  forget(): void
} {
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const t = useTexts(texts)
  const general = useTexts(errorTexts)
  const attempt = useCallback(
    async (act: () => Promise<unknown>, describe?: (error: NudgeError) => string | undefined) => {
      setBusy(true)
      setFailure(undefined)
      try {
        await act()
        return true
      } catch (error) {
        const own = error instanceof NudgeError ? describe?.(error) : undefined
        const waitMs = error instanceof NudgeError ? error.retryAfterMs : undefined
        setFailure(
          own ?? (waitMs === undefined ? describeError(error, general) : t.wait(Math.ceil(waitMs / 1000))),
        )
        return false
      } finally {
        setBusy(false)
      }
    },
    [t, general],
  )
  const forget = useCallback(() => setFailure(undefined), [])
  return { isBusy, failure, attempt, forget }
}
