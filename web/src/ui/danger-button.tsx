import { Button, type ButtonProps } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** Takes something away. Ask before what cannot be undone. */
export function DangerButton({
  icon: Picture,
  onClick,
  ...rest
}: { icon?: Icon; onClick(): void; children: ReactNode } & Omit<ButtonProps, 'leftSection' | 'children'>) {
  return (
    <Button
      variant="subtle"
      color="red"
      c="var(--n-bad)"
      leftSection={Picture && <Picture size={18} aria-hidden />}
      onClick={onClick}
      {...rest}
    />
  )
}
