import { Button, Group, Modal, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useBackCloses } from '../places/back'
import { useTask } from '../platform/use-task'
import css from './dialog.module.css'

const texts = defineTexts({ en: { cancel: 'Cancel' }, zh: { cancel: '取消' } })

/** What is asked before something is done that cannot simply be undone. */
export interface Question {
  title: string
  /** What will happen. */
  text: ReactNode
  /** What the button says that does it. */
  yes: string
  isDanger?: boolean
  act(): Promise<unknown>
}

/** Asks `question`; closed while there is none. Stays open, with a notification, when what was to be done fails. */
export function ConfirmDialog({ question, onClose }: { question: Question | undefined; onClose(): void }) {
  const t = useTexts(texts)
  const { isBusy, run } = useTask()
  useBackCloses(question !== undefined, onClose)
  return (
    <Modal
      opened={question !== undefined}
      onClose={onClose}
      title={question?.title}
      withCloseButton={false}
      radius="lg"
      size="sm"
      centered
      classNames={{ title: css.title }}
      transitionProps={{ exitDuration: 0 }}
    >
      <Text size="sm">{question?.text}</Text>
      <Group justify="flex-end" gap="sm" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t.cancel}
        </Button>
        <Button
          color={question?.isDanger ? 'red.9' : undefined}
          loading={isBusy}
          onClick={async () => {
            if (question && (await run(question.act))) onClose()
          }}
        >
          {question?.yes}
        </Button>
      </Group>
    </Modal>
  )
}
