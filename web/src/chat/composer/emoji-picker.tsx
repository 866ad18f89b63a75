import { Tabs, TextInput } from '@mantine/core'
import {
  type Icon,
  IconBallBasketball,
  IconBulb,
  IconClock,
  IconHandStop,
  IconHeart,
  IconMoodSmile,
  IconPaw,
  IconPizza,
  IconPlane,
  IconSearch,
  IconSparkles,
} from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { isComposing } from '../../browser/keys'
import { useLanguage } from '../../i18n/language'
import { useTexts } from '../../i18n/texts'
import { useClient } from '../../platform/client-context'
import { useList } from '../../platform/use-list'
import css from './emoji-picker.module.css'
import { CATEGORIES, type Category, findGlyphs, GLYPHS } from './emoji-table'
import { useRecentEmojis } from './recent-emojis'
import { composerTexts } from './texts'

/** What is offered: inserted is `text`; of the app's own there is a picture. */
interface Choice {
  text: string
  label: string
  picture?: string | undefined
}

type Tab = 'recent' | 'app' | Category

const ICONS: Record<Tab, Icon> = {
  recent: IconClock,
  app: IconSparkles,
  faces: IconMoodSmile,
  people: IconHandStop,
  nature: IconPaw,
  food: IconPizza,
  play: IconBallBasketball,
  places: IconPlane,
  things: IconBulb,
  signs: IconHeart,
}

interface EmojiPickerProps {
  onPick(text: string): void
  /** Where no keyboard comes up that would hide everything. */
  hasSearchFocus?: boolean
}

/** Emojis: the app's own and the common ones of Unicode, by kind or by what one looks for. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function EmojiPicker({ onPick, hasSearchFocus = false }: EmojiPickerProps) {
  const t = useTexts(composerTexts)
  const { own, unicode } = useChoices()
  const [recent, addRecent] = useRecentEmojis()
  const [words, setWords] = useState('')
  const search = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (hasSearchFocus) search.current?.focus()
  }, [hasSearchFocus])

  const all = new Map([...own, ...GLYPHS.map(unicode)].map((choice) => [choice.text, choice]))
  const lately = recent.map((text) => all.get(text)).filter((choice) => choice !== undefined)
  const tabs = (Object.keys(ICONS) as Tab[]).filter(
    (tab) => (tab !== 'recent' || lately.length > 0) && (tab !== 'app' || own.length > 0),
  )
  // What was used moves to the front the next time, not under the pointer.
  const [first] = useState(tabs[0] as Tab)
  const choicesOf = (tab: Tab): Choice[] => {
    if (tab === 'recent') return lately
    return tab === 'app' ? own : CATEGORIES[tab].map(unicode)
  }
  const wanted = words.trim().toLowerCase()
  const found = [
    ...own.filter(({ label }) => label.toLowerCase().includes(wanted)),
    ...findGlyphs(words).map(unicode),
  ]

  const pick = ({ text }: Choice) => {
    onPick(text)
    addRecent(text)
  }
  const onSearchKey = (event: KeyboardEvent) => {
    const [best] = found
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
    } else if (event.key === 'Enter' && !isComposing(event)) {
      event.preventDefault()
      if (wanted !== '' && best) pick(best)
    }
  }
  const shown = (label: string, choices: readonly Choice[]) => (
    <Grid ref={grid} label={label} choices={choices} onPick={pick} onLeave={() => search.current?.focus()} />
  )

  return (
    <div className={css.picker}>
      <TextInput
        ref={search}
        classNames={{ input: css.search }}
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
        autoComplete="off"
        data-autofocus={hasSearchFocus || undefined}
        value={words}
        onChange={({ currentTarget }) => setWords(currentTarget.value)}
        onKeyDown={onSearchKey}
      />
      {wanted !== '' && found.length === 0 && <p className={css.none}>{t.noneFound}</p>}
      {wanted !== '' && found.length > 0 && shown(t.results, found)}
      {wanted === '' && (
        <Tabs defaultValue={first} keepMounted={false} classNames={{ list: css.tabs, tab: css.tab }}>
          <Tabs.List grow>
            {tabs.map((tab) => {
              const Picture = ICONS[tab]
              return (
                <Tabs.Tab key={tab} value={tab} aria-label={t[tab]} title={t[tab]}>
                  <Picture size={20} stroke={1.7} aria-hidden />
                </Tabs.Tab>
              )
            })}
          </Tabs.List>
          {tabs.map((tab) => (
            <Tabs.Panel key={tab} value={tab}>
              {shown(t[tab], choicesOf(tab))}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </div>
  )
}

/** The app's own emojis, and how those of Unicode are offered. */
function useChoices() {
  const client = useClient()
  const language = useLanguage()
  const own = useList(client.emojis).map(
    ({ name, url }): Choice => ({ text: `[${name}]`, label: name, picture: client.files.urlOf(url) }),
  )
  const unicode = (glyph: (typeof GLYPHS)[number]): Choice => ({ text: glyph.glyph, label: glyph[language] })
  return { own, unicode }
}

interface GridProps {
  ref: React.RefObject<HTMLDivElement | null>
  label: string
  choices: readonly Choice[]
  onPick(choice: Choice): void
  /** Up from the first line. */
  onLeave(): void
}

/** One of them is reached with Tab, the others from there with the arrow keys. */
function Grid({ ref, label, choices, onPick, onLeave }: GridProps) {
  const [current, setCurrent] = useState(0)
  const stop = Math.min(current, choices.length - 1)

  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(ref.current?.querySelectorAll('button') ?? [])]
    const columns = buttons.filter(({ offsetTop }) => offsetTop === buttons[0]?.offsetTop).length
    const steps = new Map([
      ['ArrowLeft', -1],
      ['ArrowRight', 1],
      ['ArrowUp', -columns],
      ['ArrowDown', columns],
      ['Home', -stop],
      ['End', buttons.length - 1 - stop],
    ])
    const step = steps.get(event.key)
    if (step === undefined) return
    event.preventDefault()
    if (event.key === 'ArrowUp' && stop < columns) onLeave()
    else buttons[stop + step]?.focus()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div ref={ref} className={css.grid} role="group" aria-label={label} onKeyDown={onKeyDown}>
      {choices.map((choice, index) => (
        <button
          key={choice.text}
          type="button"
          className={css.choice}
          tabIndex={index === stop ? 0 : -1}
          aria-label={choice.label}
          title={choice.label}
          onFocus={() => setCurrent(index)}
          onClick={() => onPick(choice)}
        >
          {choice.picture ? (
            <img src={choice.picture} alt="" referrerPolicy="no-referrer" loading="lazy" />
          ) : (
            choice.text
          )}
        </button>
      ))}
    </div>
  )
}
