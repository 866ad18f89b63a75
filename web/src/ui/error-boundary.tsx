import { Box, Button } from '@mantine/core'
import { IconMoodSad } from '@tabler/icons-react'
import { Component, type ReactNode } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { EmptyState } from './empty-state'
import css from './error-boundary.module.css'

const texts = defineTexts({
  en: {
    title: 'Something went wrong',
    more: 'Part of the app could not be loaded or shown. Check your connection and reload the page.',
    brief: 'This could not be loaded or shown.',
    reload: 'Reload',
  },
  zh: {
    title: '出错了',
    more: '应用的部分内容无法显示。请检查网络连接，然后重新加载页面。',
    brief: '无法显示此处内容。',
    reload: '重新加载',
  },
})

interface ErrorBoundaryProps {
  /** For small places: one line. */
  isCompact?: boolean
  /** Puts what is said of it where there is room for it. */
  around?(failure: ReactNode): ReactNode
  /** Tries anew whenever this changes. */
  resetBy?: string
  children: ReactNode
}

/**
 * Says that something inside could not be loaded or shown, and leaves the rest of the page as it is. What is lazy and
 * failed to load once stays so as long as the page, so the way out is to reload it.
 */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { hasFailed: boolean }> {
  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override state = { hasFailed: false }

  override componentDidUpdate({ resetBy }: ErrorBoundaryProps) {
    if (this.state.hasFailed && resetBy !== this.props.resetBy) this.setState({ hasFailed: false })
  }

  override render() {
    const { isCompact = false, around, children } = this.props
    if (!this.state.hasFailed) return children
    const failure = isCompact ? <BriefFailure /> : <Failure />
    return around ? around(failure) : failure
  }
}

const reload = () => location.reload()

function Failure() {
  const t = useTexts(texts)
  return (
    <Box role="alert" h="100%">
      <EmptyState icon={IconMoodSad} title={t.title}>
        <p>{t.more}</p>
        <Button onClick={reload}>{t.reload}</Button>
      </EmptyState>
    </Box>
  )
}

function BriefFailure() {
  const t = useTexts(texts)
  return (
    <div role="alert" className={css.brief}>
      {t.brief}
      <Button size="compact-sm" variant="light" onClick={reload}>
        {t.reload}
      </Button>
    </div>
  )
}
