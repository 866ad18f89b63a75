import {
  localStorageColorSchemeManager,
  MantineProvider,
  mergeThemeOverrides,
  Notification,
} from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import type { Client } from 'nudge-sdk'
import { type ReactNode, useEffect, useMemo } from 'react'
import { LOCALES, useLanguage } from './i18n/language'
import { defineTexts, useTexts } from './i18n/texts'
import { ClientProvider } from './platform/client-context'
import { statusOf } from './platform/status-of'
import { ErrorBoundary } from './ui/error-boundary'
import { cssVariables, theme } from './ui/theme'

const texts = defineTexts({ en: { close: 'Close' }, zh: { close: '关闭' } })

/** The same key as in public/color-scheme.js. */
const colorSchemeManager = localStorageColorSchemeManager({ key: 'nudge-color-scheme' })

/**
 * What every page of the app needs around it. Without a `client` its parts bring their own; `colorScheme` wins over what
 * the user chose.
 */
export function Providers({
  client,
  colorScheme,
  children,
}: {
  client?: Client
  colorScheme?: 'light' | 'dark'
  children: ReactNode
}) {
  // It remembers what is said of the state from here on.
  if (client) statusOf(client)
  const language = useLanguage()
  useEffect(() => {
    document.documentElement.lang = LOCALES[language]
  }, [language])
  return (
    <MantineProvider
      theme={useWordedTheme()}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      {...(colorScheme && { forceColorScheme: colorScheme })}
    >
      <ErrorBoundary>
        <Notifications position="top-center" />
        <ClientProvider value={client}>{children}</ClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  )
}

/** With names, in the user's language, for those controls of Mantine's that have none. */
function useWordedTheme() {
  const { close } = useTexts(texts)
  return useMemo(() => {
    const defaultProps = { closeButtonProps: { 'aria-label': close } }
    return mergeThemeOverrides(theme, { components: { Notification: Notification.extend({ defaultProps }) } })
  }, [close])
}
