import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import type { Client } from 'nudge-sdk'
import { type ReactNode, useEffect } from 'react'
import { LOCALES, useLanguage } from '../i18n/language'
import { cssVariables, theme } from '../theme'
import { ErrorBoundary } from '../ui/error-boundary'
import { ClientProvider } from './client-context'
import { statusOf } from './status-of'

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
      theme={theme}
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
