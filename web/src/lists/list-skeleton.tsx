import { Group, Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { defineTexts, useTexts } from '../i18n/texts'

const texts = defineTexts({ en: { loading: 'Loading…' }, zh: { loading: '正在加载…' } })

/** Where the rows of a list will be that has not been pulled yet. */
export function ListSkeleton() {
  const t = useTexts(texts)
  return (
    <Stack gap="lg" px="lg" py="sm" role="status">
      <VisuallyHidden>{t.loading}</VisuallyHidden>
      {[70, 45, 60, 52, 66].map((width) => (
        <Group key={width} wrap="nowrap" gap="sm" aria-hidden>
          <Skeleton circle height={44} />
          <Stack gap={8} flex={1}>
            <Skeleton height={10} width={`${width / 1.5}%`} radius="xl" />
            <Skeleton height={8} width={`${width}%`} radius="xl" />
          </Stack>
        </Group>
      ))}
    </Stack>
  )
}
