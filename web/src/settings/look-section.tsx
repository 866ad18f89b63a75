import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { IconPalette } from '@tabler/icons-react'
import { useStored } from '../browser/stored'
import { LANGUAGES, type Language, languageChoice } from '../i18n/language'
import { defineTexts, useTexts } from '../i18n/texts'
import { Row, Section } from './section'

const texts = defineTexts({
  en: {
    title: 'Appearance',
    theme: 'Theme',
    themeLead: 'System follows the settings of your device.',
    light: 'Light',
    dark: 'Dark',
    auto: 'System',
    language: 'Language',
  },
  zh: {
    title: '外观',
    theme: '主题',
    themeLead: '“跟随系统”会与设备的设置保持一致。',
    light: '浅色',
    dark: '深色',
    auto: '跟随系统',
    language: '语言',
  },
})

const SCHEMES: MantineColorScheme[] = ['light', 'dark', 'auto']

/** Theme and language. */
export function LookSection() {
  const t = useTexts(texts)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [language, setLanguage] = useStored(languageChoice)
  return (
    <Section icon={IconPalette} title={t.title}>
      <Row title={t.theme} lead={t.themeLead}>
        <SegmentedControl
          aria-label={t.theme}
          value={colorScheme}
          onChange={setColorScheme}
          data={SCHEMES.map((value) => ({ value, label: t[value] }))}
        />
      </Row>
      <Row title={t.language}>
        <SegmentedControl
          aria-label={t.language}
          value={language}
          onChange={setLanguage}
          data={(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] }))}
        />
      </Row>
    </Section>
  )
}
