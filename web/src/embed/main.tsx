import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '../global.css'
import { createClient, indexedDbStorage, type StorageAdapter } from 'nudge-sdk'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { keepInMemory } from '../browser/stored'
import { useDropGuard } from '../browser/use-drop-guard'
import { speak } from '../i18n/language'
import { EmbeddedProvider } from '../platform/embedded'
import { serverUrl } from '../platform/server-url'
import { Providers } from '../providers'
import { fetchAllowedOrigins } from './allowed-origins'
import css from './embed.module.css'
import { EmbeddedPage } from './embedded-page'
import { Guest } from './guest'
import { HostLink } from './host-link'
import { LinkedPage } from './linked-page'
import { readPageAddress } from './page-address'

const { groupId, userId, appKey, theme, language } = readPageAddress(location.search)
const server = { url: serverUrl(), ...(appKey !== undefined && { appKey }) }
const isFramed = parent !== window
if (language) speak(language)

/** In a frame the login that this browser keeps is not looked at: the page around it says who is there. */
function embedded(): ReactNode {
  keepInMemory()
  // No class of device, so that it takes nobody's place.
  const newClient = (storage: StorageAdapter) => createClient({ ...server, storage })
  const guest = new Guest(newClient, groupId === undefined ? undefined : { dlgId: groupId })
  const link = new HostLink({
    host: parent,
    ownOrigin: location.origin,
    allowedOrigins: fetchAllowedOrigins(server.url, appKey),
    onTransferUser: (user, answer) => void guest.bind(user, answer),
    onSelectConversation: (selected) => guest.select(selected),
    // biome-ignore lint/suspicious/noConsole: for whoever writes the page around this one
    onIgnored: (reason) => console.warn(`Nudge did not take a message. ${reason}`),
  })
  addEventListener('message', (event) => void link.receive(event))
  return <EmbeddedPage guest={guest} />
}

function Page({ children }: { children: ReactNode }) {
  useDropGuard()
  return <main className={css.page}>{children}</main>
}

/** As in the app, with which it shares the login and the connection. */
const client = isFramed ? undefined : createClient({ ...server, storage: indexedDbStorage(), device: 'web' })

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Providers {...(client && { client })} {...(theme && { colorScheme: theme })}>
      <EmbeddedProvider value>
        <Router hook={memoryLocation().hook}>
          <Page>{isFramed ? embedded() : <LinkedPage groupId={groupId} userId={userId} />}</Page>
        </Router>
      </EmbeddedProvider>
    </Providers>
  </StrictMode>,
)
