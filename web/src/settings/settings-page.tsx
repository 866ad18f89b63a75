import { defineTexts, useTexts } from '../i18n/texts'
import { PaneHeader } from '../ui/pane-header'
import { AboutSection } from './about-section'
import { LogOutSection } from './log-out-section'
import { LookSection } from './look-section'
import { NotificationsSection } from './notifications-section'
import { PasswordSection } from './password-section'
import { ProfileSection } from './profile-section'
import css from './settings.module.css'

const texts = defineTexts({ en: { title: 'Settings' }, zh: { title: '设置' } })

/** Profile, password, and how this browser behaves. */
export function SettingsPage() {
  const t = useTexts(texts)
  return (
    <>
      <PaneHeader title={t.title} />
      <div className={css.page}>
        <div className={css.column}>
          <ProfileSection />
          <LookSection />
          <NotificationsSection />
          <PasswordSection />
          <AboutSection />
          <LogOutSection />
        </div>
      </div>
    </>
  )
}
