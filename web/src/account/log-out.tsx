import { createContext, useContext } from 'react'

const LogOutContext = createContext<(() => Promise<void>) | undefined>(undefined)

export const LogOutProvider = LogOutContext.Provider

/** Ends the login on purpose, so that the form that follows has nothing to explain. */
export function useLogOut(): () => Promise<void> {
  const logOut = useContext(LogOutContext)
  if (!logOut) throw new Error('useLogOut is for components inside the AccountGate')
  return logOut
}
