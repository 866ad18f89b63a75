import { notifications } from '@mantine/notifications'
import { type Message, type Session, text } from 'nudge-sdk'
import { lazy, type ReactNode, useState } from 'react'
import { copyText } from '../browser/copy-text'
import { useTexts } from '../i18n/texts'
import { ConfirmDialog } from '../lists/confirm-dialog'
import { Dialog } from '../lists/dialog'
import { useMe } from '../platform/client-context'
import { useTask } from '../platform/use-task'
import { announcedTexts } from '../words/system-lines'
import { actionsOf, type MessageAction } from './message-actions'
import { chatTexts } from './texts'

const EditForm = lazy(() => import('./edit-form'))
const ForwardForm = lazy(() => import('./forward-form'))

/** Those that ask something first. */
type Asking = Exclude<MessageAction, 'copy' | 'retry' | 'cancelSending'>

export interface MessageActions {
  /** What can be done to a message now. */
  of(message: Message): MessageAction[]
  /** Does it, or asks first. */
  act(action: MessageAction, message: Message): void
  /** What asks, to be shown somewhere. */
  dialog: ReactNode
}

/** What the messages of a session offer to do. `onDone` is told when a dialog has closed. */
export function useMessageActions(
  session: Session,
  { canForward, onDone }: { canForward: boolean; onDone(message: Message): void },
): MessageActions {
  const t = useTexts(chatTexts)
  const announced = useTexts(announcedTexts)
  const me = useMe()
  const { run } = useTask()
  const [asked, setAsked] = useState<{ action: Asking; message: Message }>()

  const of = ({ type, status, isOwn }: Message) => {
    const role = session.type === 'group' ? session.members.byUser(me.id)?.role : undefined
    const isStaff = role === 'master' || role === 'admin'
    return actionsOf({ type, status, isOwn, isStaff, isOver: session.isOver, canForward })
  }

  const act = (action: MessageAction, message: Message) => {
    if (action === 'copy') {
      void run(async () => {
        await copyText(message.as(text)?.text ?? message.preview)
        notifications.show({ message: t.copied, autoClose: 1500 })
      })
    } else if (action === 'retry') {
      void run(() => message.resend())
    } else if (action === 'cancelSending') {
      void run(() => cancel(message))
    } else {
      setAsked({ action, message })
    }
  }

  const cancel = async (message: Message) => {
    if (!(await message.cancel())) notifications.show({ message: t.tooLate })
  }

  const close = () => {
    if (asked) onDone(asked.message)
    setAsked(undefined)
  }

  const confirmed: Record<'recall' | 'delete' | 'discard', (message: Message) => Promise<unknown>> = {
    recall: (message) => message.recall(announced.saidRecalled(me.name)),
    delete: (message) => message.delete(),
    discard: cancel,
  }

  const dialogOf = ({ action, message }: { action: Asking; message: Message }) => {
    if (action === 'forward') {
      return (
        <Dialog opened title={t.forwardTitle} onClose={close}>
          <ForwardForm message={message} onClose={close} />
        </Dialog>
      )
    }
    if (action === 'edit') {
      return (
        <Dialog opened title={t.editTitle} onClose={close}>
          <EditForm message={message} onClose={close} />
        </Dialog>
      )
    }
    return (
      <ConfirmDialog
        question={{
          title: t[`${action}Title`],
          text: t[`${action}Text`],
          yes: t[action],
          isDanger: true,
          act: () => confirmed[action](message),
        }}
        onClose={close}
      />
    )
  }

  return { of, act, dialog: asked && dialogOf(asked) }
}
