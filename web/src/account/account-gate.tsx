import {
  Fragment,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { useLocation } from 'wouter'
import { paths } from '../places/places'
import { useClient } from '../platform/client-context'
import { invitationIn } from './invitation'
import { KickedDialog } from './kicked-dialog'
import { LogOutProvider } from './log-out'
import { Splash } from './splash'
import { useLogin } from './use-login'

// Whoever is logged in does not wait for them.
const WelcomePage = lazy(() => import('./welcome-page'))
const InvitedElsewhere = lazy(() => import('./invited-elsewhere'))

/** Shows its children to who is logged in, and the forms to log in and to register to everybody else. */
export function AccountGate({ children }: { children: ReactNode }) {
  const client = useClient()
  const { stage, logIn, logOut } = useLogin()
  const [invitation, setInvitation] = useState(() => invitationIn(location))
  const forgetInvitation = () => {
    history.replaceState(history.state, '', './')
    setInvitation(undefined)
  }
  const isThere = useIsThere()
  const [, navigate] = useLocation()
  const leave = async () => {
    await logOut()
    navigate(paths.chats, { replace: true })
  }
  useFreshStart(stage.is === 'in' ? stage.userId : undefined)
  const isAnswered = stage.is === 'in' && invitation !== undefined && invitation.email === client.me?.account
  useEffect(() => {
    if (isAnswered) forgetInvitation()
  })

  if (stage.is === 'resuming' || (stage.is === 'in' && !isThere)) return <Splash />
  if (stage.is === 'out') {
    return (
      <Suspense fallback={<Splash />}>
        <WelcomePage
          ended={stage.ended}
          account={stage.account}
          invitation={invitation}
          onLogIn={logIn}
          onInvitationUsed={forgetInvitation}
        />
      </Suspense>
    )
  }
  return (
    <LogOutProvider value={leave}>
      {invitation && !isAnswered ? (
        <Suspense fallback={<Splash />}>
          <InvitedElsewhere invitation={invitation} onStay={forgetInvitation} />
        </Suspense>
      ) : (
        <Fragment key={stage.userId}>{children}</Fragment>
      )}
      <KickedDialog />
    </LogOutProvider>
  )
}

/**
 * Whether the client still has somebody. It forgets a user and all lists in one go, and tells of the end a moment
 * later: what shows them must be gone by then. Read from a list, because React renders what depends on lists first.
 */
function useIsThere(): boolean {
  const client = useClient()
  return useSyncExternalStore(client.conversations.subscribe, () => client.me !== undefined)
}

/** Where one user was, the next one does not begin. */
function useFreshStart(userId: string | undefined): void {
  const last = useRef(userId)
  const [, navigate] = useLocation()
  useEffect(() => {
    if (userId === undefined || userId === last.current) return
    if (last.current !== undefined) navigate(paths.chats, { replace: true })
    last.current = userId
  }, [userId, navigate])
}
