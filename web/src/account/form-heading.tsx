import { Text, Title } from '@mantine/core'

/** What a form is for. */
export function FormHeading({ title, lead }: { title: string; lead: string }) {
  return (
    <header>
      <Title order={1} size="h2">
        {title}
      </Title>
      <Text c="dimmed" mt={4} mb="lg">
        {lead}
      </Text>
    </header>
  )
}
