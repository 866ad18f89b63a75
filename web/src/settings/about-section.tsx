import { Anchor } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { version } from '../../package.json'
import { isDebugging } from '../debug/is-debugging'
import { defineTexts, useTexts } from '../i18n/texts'
import { serverUrl } from '../platform/server-url'
import { Row, Section } from './section'
import css from './settings.module.css'

const texts = defineTexts({
  en: {
    title: 'About',
    version: 'Version',
    docs: 'Server API',
    docsLead: 'What programs of your own can do, with examples to try.',
    open: 'Open',
    debug: 'Developer view',
    debugLead: 'What this app and the server say to each other, live.',
    show: 'Show',
    hide: 'Hide',
  },
  zh: {
    title: '关于',
    version: '版本',
    docs: '服务器 API',
    docsLead: '您自己的程序可以做什么，附可运行的示例。',
    open: '打开',
    debug: '开发者视图',
    debugLead: '实时查看此应用与服务器之间的通信。',
    show: '显示',
    hide: '隐藏',
  },
})

/** What this is, and what is behind it. */
export function AboutSection() {
  const t = useTexts(texts)
  return (
    <Section icon={IconInfoCircle} title={t.title}>
      <Row title={t.version}>
        <span className={css.version}>{version}</span>
      </Row>
      <Row title={t.docs} lead={t.docsLead}>
        <Anchor
          href={`${serverUrl()}/docs`}
          target="_blank"
          rel="noreferrer"
          aria-label={`${t.open}: ${t.docs}`}
        >
          {t.open}
        </Anchor>
      </Row>
      <Row title={t.debug} lead={t.debugLead}>
        <Anchor
          href={isDebugging ? './#/settings' : './?debug#/settings'}
          aria-label={`${isDebugging ? t.hide : t.show}: ${t.debug}`}
        >
          {isDebugging ? t.hide : t.show}
        </Anchor>
      </Row>
    </Section>
  )
}
