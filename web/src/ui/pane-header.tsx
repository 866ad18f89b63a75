import { ActionIcon, UnstyledButton } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { defineTexts, useTexts } from '../i18n/texts'
import { steps } from '../places/back'
import css from './pane-header.module.css'
import { NARROW } from './screen'

const texts = defineTexts({ en: { back: 'Back' }, zh: { back: '返回' } })

/** What a press on the picture and the words does: it leads to a path of the app, or anything else. */
export type Lead = { href: string } | { onClick(): void }

/**
 * The line at the top of a pane. `lead` is for the mouse and fingers: offer the same among the `actions`. With `backTo`
 * there is a way back where panes are shown one at a time: to where one was before, or else to this path of the app.
 */
export function PaneHeader({
  title,
  subtitle,
  before,
  actions,
  lead,
  backTo,
}: {
  title: string
  subtitle?: ReactNode
  before?: ReactNode
  actions?: ReactNode
  lead?: Lead | undefined
  backTo?: string
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  const hasBack = backTo !== undefined
  useEffect(() => {
    // What had the focus is hidden behind this pane.
    if (hasBack && matchMedia(NARROW).matches) heading.current?.focus({ preventScroll: true })
  }, [hasBack])
  return (
    <header className={css.header}>
      {hasBack && <Back to={backTo} />}
      <div className={css.about}>
        {before}
        <div className={css.words}>
          <h1 className={css.title} title={title} ref={heading} tabIndex={-1}>
            {lead ? <Leading lead={lead}>{title}</Leading> : title}
          </h1>
          {subtitle && <div className={css.subtitle}>{subtitle}</div>}
        </div>
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  )
}

function Back({ to }: { to: string }) {
  const t = useTexts(texts)
  const [, navigate] = useLocation()
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={40}
      aria-label={t.back}
      className={css.back}
      onClick={() => {
        if (!steps.back()) navigate(to, { replace: true })
      }}
    >
      <IconArrowLeft size={20} />
    </ActionIcon>
  )
}

function Leading({ lead, children }: { lead: Lead; children: string }) {
  if ('href' in lead) {
    return (
      <Link href={lead.href} className={css.lead} tabIndex={-1}>
        {children}
      </Link>
    )
  }
  return (
    <UnstyledButton className={css.lead} tabIndex={-1} onClick={lead.onClick}>
      {children}
    </UnstyledButton>
  )
}
