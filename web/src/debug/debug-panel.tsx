import { ActionIcon, Group, SegmentedControl, Text, UnstyledButton } from '@mantine/core'
import {
  type Icon,
  IconArrowDownLeft,
  IconArrowUpRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconPoint,
  IconTrash,
  IconX,
} from '@tabler/icons-react'
import { useState, useSyncExternalStore } from 'react'
import { useTexts } from '../i18n/texts'
import { useStatus } from '../platform/use-status'
import css from './debug-panel.module.css'
import type { Direction, Entry, EntryKind } from './entries'
import { debugTexts } from './texts'
import type { Counts, TraceLog } from './trace-log'

const FILTERS = {
  all: ['nudge', 'custom', 'ack', 'held', 'pull', 'write', 'read', 'state'],
  wire: ['nudge', 'custom', 'ack', 'held'],
  pullsOnly: ['pull'],
  others: ['write', 'read'],
  states: ['state'],
} satisfies Record<string, EntryKind[]>

type Filter = keyof typeof FILTERS

const ICONS: Record<Direction, Icon> = { in: IconArrowDownLeft, out: IconArrowUpRight, here: IconPoint }

/** The frames and pulls as they happen, each with what it means: the protocol, documented by itself. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function DebugPanel({ log }: { log: TraceLog }) {
  const t = useTexts(debugTexts)
  const entries = useSyncExternalStore(log.subscribe, () => log.entries)
  const [filter, setFilter] = useState<Filter>('all')
  const kinds: readonly EntryKind[] = FILTERS[filter]
  const shown = entries.filter(({ kind }) => kinds.includes(kind))
  return (
    <section className={css.panel} aria-label={t.title}>
      <Header log={log} filter={filter} onFilter={setFilter} />
      {shown.length === 0 ? (
        <Text c="dimmed" size="sm" p="md">
          {t.empty}
        </Text>
      ) : (
        <ol className={css.entries}>
          {shown.map((entry) => (
            <Line key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Header({
  log,
  filter,
  onFilter,
}: {
  log: TraceLog
  filter: Filter
  onFilter(filter: Filter): void
}) {
  const t = useTexts(debugTexts)
  const { state } = useStatus()
  const counts = useSyncExternalStore(log.subscribe, () => log.counts)
  const isPaused = useSyncExternalStore(log.subscribe, () => log.isPaused)
  return (
    <header className={css.header}>
      <Group gap="xs" wrap="nowrap">
        <h2 className={css.title} title={t.intro}>
          {t.title}
        </h2>
        <code className={css.state} data-live={state === 'live'}>
          {state}
        </code>
        <Sums counts={counts} />
      </Group>
      <Group gap={4} wrap="nowrap" ml="auto">
        <SegmentedControl
          size="xs"
          value={filter}
          onChange={(value) => onFilter(value as Filter)}
          data={(Object.keys(FILTERS) as Filter[]).map((value) => ({ value, label: t[value] }))}
          aria-label={t.show}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={isPaused ? t.goOn : t.pause}
          onClick={() => log.pause(!isPaused)}
        >
          {isPaused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />}
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={t.clear} onClick={() => log.clear()}>
          <IconTrash size={18} />
        </ActionIcon>
        <ActionIcon
          component="a"
          href={`${location.pathname}${location.hash}`}
          variant="subtle"
          color="gray"
          aria-label={t.close}
        >
          <IconX size={18} />
        </ActionIcon>
      </Group>
    </header>
  )
}

function Sums({ counts }: { counts: Counts }) {
  const t = useTexts(debugTexts)
  return (
    <dl className={css.sums}>
      {(['nudges', 'pulls', 'rows', 'held'] as const).map((name) => (
        <div key={name}>
          <dd>{counts[name]}</dd>
          <dt>{t[name]}</dt>
        </div>
      ))}
    </dl>
  )
}

function Line({ entry }: { entry: Entry }) {
  const t = useTexts(debugTexts)
  const [isOpen, setOpen] = useState(false)
  const { kind, direction, at, title, outcome, isFailure, detail } = entry
  const Arrow = ICONS[direction]
  return (
    <li className={css.entry} data-kind={kind} data-failure={isFailure}>
      <UnstyledButton className={css.line} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <time className={css.time}>{new Date(at).toLocaleTimeString('en-GB')}</time>
        <Arrow size={16} className={css.arrow} aria-hidden />
        <span className={css.kind}>{kind}</span>
        <span className={css.words}>{title}</span>
        <span className={css.outcome}>{outcome}</span>
      </UnstyledButton>
      {isOpen && (
        <div className={css.detail}>
          <p>{kind === 'held' ? t.heldWhy : t[kind]}</p>
          <pre>{JSON.stringify(detail, null, 2)}</pre>
        </div>
      )}
    </li>
  )
}
