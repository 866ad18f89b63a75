import { Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** What a pane shows that has nothing to show: why, and what to do. */
export function EmptyState({
  icon: Picture,
  title,
  children,
}: {
  icon: Icon
  title: string
  children?: ReactNode
}) {
  return (
    <Stack align="center" justify="center" gap="sm" p="xl" h="100%" ta="center">
      <ThemeIcon size={72} radius={24} variant="light">
        <Picture size={36} stroke={1.5} />
      </ThemeIcon>
      <Title order={2} size="h4">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" size="sm" maw={360} component="div">
          {children}
        </Text>
      )}
    </Stack>
  )
}
