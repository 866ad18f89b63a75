import { useMediaQuery } from '@mantine/hooks'

/** Where panes are shown one at a time, as on phones. The same stands in the style sheets. */
export const NARROW = '(max-width: 48em)'

export function useIsNarrow(): boolean {
  return useMediaQuery(NARROW, false, { getInitialValueInEffect: false })
}
