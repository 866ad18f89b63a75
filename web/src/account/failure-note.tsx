import { Alert, type AlertProps } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'

/** What went wrong, in a form. */
export function FailureNote(props: Pick<AlertProps, 'children' | 'mt'>) {
  return <Alert color="red" variant="light" icon={<IconAlertCircle />} {...props} />
}
