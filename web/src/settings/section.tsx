import type { Icon } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import css from './settings.module.css'

/** One part of the settings, with what it is about. */
export function Section({
  icon: Picture,
  title,
  lead,
  children,
}: {
  icon: Icon
  title: string
  lead?: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <section className={css.section} aria-labelledby={id}>
      <header className={css.sectionHeader}>
        <Picture size={20} stroke={1.7} aria-hidden />
        <div>
          <h2 id={id}>{title}</h2>
          {lead && <p>{lead}</p>}
        </div>
      </header>
      {children}
    </section>
  )
}

/** A choice with its name at the left, or above where there is no room. */
export function Row({ title, lead, children }: { title: ReactNode; lead?: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.row}>
      <div className={css.rowWords}>
        <div className={css.rowTitle}>{title}</div>
        {lead && <div className={css.rowLead}>{lead}</div>}
      </div>
      {children}
    </div>
  )
}
