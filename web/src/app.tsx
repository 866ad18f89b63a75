import type { Client } from 'nudge-sdk'
import { useState } from 'react'
import { Router } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { AccountGate } from './account/account-gate'
import { isDebugging } from './debug/is-debugging'
import { TraceLog } from './debug/trace-log'
import { steps } from './places/back'
import { Providers } from './providers'
import { Shell } from './shell/shell'

/** The whole messenger. */
export function App({ client }: { client: Client }) {
  const [log] = useState(() => (isDebugging ? new TraceLog(client) : undefined))
  return (
    <Providers client={client}>
      <Router hook={useHashLocation} aroundNav={steps.around}>
        <AccountGate>
          <Shell log={log} />
        </AccountGate>
      </Router>
    </Providers>
  )
}
