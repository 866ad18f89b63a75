import { createContext, useContext } from 'react'

const EmbeddedContext = createContext(false)

export const EmbeddedProvider = EmbeddedContext.Provider

/** Whether the page is one conversation and nothing else: then there is nowhere to go, and no link that leads there. */
export function useIsEmbedded(): boolean {
  return useContext(EmbeddedContext)
}
