import { ActionIcon, Button, Group, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconLanguage, IconMoon, IconSun } from '@tabler/icons-react'
import { LANGUAGES, type Language, LOCALES, languageChoice, useLanguage } from '../i18n/language'
import { defineTexts, useTexts } from '../i18n/texts'

const texts = defineTexts({
  en: { language: 'Language', dark: 'Dark theme', light: 'Light theme' },
  zh: { language: '语言', dark: '深色主题', light: '浅色主题' },
})

/** Language and theme, for who has not come to the settings yet. */
export function LookSwitches() {
  const t = useTexts(texts)
  const language = useLanguage()
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  return (
    <Group gap="xs" justify="flex-end">
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            size="sm"
            leftSection={<IconLanguage size={18} stroke={1.6} />}
            aria-label={`${t.language}: ${LANGUAGES[language]}`}
          >
            {LANGUAGES[language]}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(LANGUAGES) as Language[]).map((each) => (
            <Menu.Item key={each} lang={LOCALES[each]} onClick={() => languageChoice.set(each)}>
              {LANGUAGES[each]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={40}
        aria-label={isDark ? t.light : t.dark}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        {isDark ? <IconSun size={20} stroke={1.6} /> : <IconMoon size={20} stroke={1.6} />}
      </ActionIcon>
    </Group>
  )
}
