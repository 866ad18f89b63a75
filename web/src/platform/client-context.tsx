import type { Client, ClientEvents, Me } from 'nudge-sdk'
import { createContext, useContext, useEffect, useReducer } from 'react'

const ClientContext = createContext<Client | undefined>(undefined)

export const ClientProvider = ClientContext.Provider

/** The one client of this page. */
export function useClient(): Client {
  const client = useContext(ClientContext)
  if (!client) throw new Error('useClient is for components inside a ClientProvider')
  return client
}

/** Renders anew with each of these events: for what the client has that is no list. */
export function useEvents(...names: (keyof ClientEvents)[]): void {
  const client = useClient()
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  const key = names.join()
  useEffect(() => {
    const offs = (key.split(',') as (keyof ClientEvents)[]).map((name) => client.on(name, renderAgain))
    // What happened between the first render and now.
    renderAgain()
    return () => {
      for (const off of offs) off()
    }
  }, [client, key])
}

/** Who is logged in. Throws when nobody is: for what is inside the gate. */
export function useMe(): Me {
  useEvents('me')
  const { me } = useClient()
  if (!me) throw new Error('useMe is for components that are shown to users who are logged in')
  return me
}
