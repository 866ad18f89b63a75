import { ActionIcon } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'

/** A button in the line at the top of a pane: a picture, and what it does. */
export function PaneAction({
  icon: Picture,
  label,
  onClick,
}: {
  icon: Icon
  label: string
  onClick(): void
}) {
  return (
    <ActionIcon variant="subtle" size={40} radius="xl" aria-label={label} title={label} onClick={onClick}>
      <Picture size={22} stroke={1.7} />
    </ActionIcon>
  )
}
