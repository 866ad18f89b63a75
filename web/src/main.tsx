import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import './global.css'
import { createClient, indexedDbStorage } from 'nudge-sdk'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { keepOffline } from './offline/keep-offline'
import { serverUrl } from './platform/server-url'

const client = createClient({ url: serverUrl(), storage: indexedDbStorage(), device: 'web' })

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
)

keepOffline()
