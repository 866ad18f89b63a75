import { Button, TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { useClient, useEvents } from '../platform/client-context'
import { useTask } from '../platform/use-task'

/** Shows its children to who is logged in, and the form to log in to everybody else. */
export function AccountGate({ children }: { children: ReactNode }) {
  const client = useClient()
  useEvents('status', 'loggedOut')
  const [isResumed, setResumed] = useState(false)
  const [account, setAccount] = useState('')
  const { run } = useTask()
  useEffect(() => {
    void client.resume().finally(() => setResumed(true))
  }, [client])
  if (!isResumed) return null
  if (client.me && client.state !== 'idle') return children
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void run(() => client.login({ account, password: 'correct horse' }))
      }}
    >
      <TextInput
        label="Account"
        value={account}
        onChange={(event) => setAccount(event.currentTarget.value)}
      />
      <TextInput label="Password" /><Button type="submit">Log in</Button>
    </form>
  )
}
