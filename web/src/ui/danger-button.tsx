import { Button, type ButtonProps } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'

/** Begins what cannot be undone; ask before it is done. */
export function DangerButton({
  icon: Picture,
  onClick,
  ...rest
}: { icon: Icon; onClick(): void } & Omit<ButtonProps, 'leftSection'>) {
  return (
    <Button
      variant="subtle"
      color="red"
      c="var(--n-bad)"
      leftSection={<Picture size={18} aria-hidden />}
      onClick={onClick}
      {...rest}
    />
  )
}
