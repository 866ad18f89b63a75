import { ActionIcon } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { defineTexts, useTexts } from '../i18n/texts'
import css from './pane-header.module.css'

const texts = defineTexts({ en: { back: 'Back' }, zh: { back: '返回' } })

/** The line at the top of a pane. `backTo`, a path of the app, is offered where panes are shown one at a time. */
export function PaneHeader({
  title,
  subtitle,
  before,
  actions,
  backTo,
}: {
  title: ReactNode
  subtitle?: ReactNode
  before?: ReactNode
  actions?: ReactNode
  backTo?: string
}) {
  const t = useTexts(texts)
  return (
    <header className={css.header}>
      {backTo !== undefined && (
        <ActionIcon
          component={Link}
          href={backTo}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t.back}
          className={css.back}
        >
          <IconArrowLeft size={20} />
        </ActionIcon>
      )}
      {before}
      <div className={css.words}>
        <h1 className={css.title}>{title}</h1>
        {subtitle && <div className={css.subtitle}>{subtitle}</div>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  )
}
