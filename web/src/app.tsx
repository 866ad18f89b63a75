import type { Client } from 'nudge-sdk'
import { Router } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { AccountGate } from './account/account-gate'
import { Providers } from './platform/providers'
import { Shell } from './shell/shell'

/** The whole messenger. */
export function App({ client }: { client: Client }) {
  return (
    <Providers client={client}>
      <Router hook={useHashLocation}>
        <AccountGate>
          <Shell />
        </AccountGate>
      </Router>
    </Providers>
  )
}
