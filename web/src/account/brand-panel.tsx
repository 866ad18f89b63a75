import { defineTexts, useTexts } from '../i18n/texts'
import css from './brand-panel.module.css'

const texts = defineTexts({
  en: {
    title: 'Every message, on every device.',
    pitch: 'Write on the train, read at your desk. What you write offline is sent once you are back online.',
    points: ['In sync everywhere', 'Works offline', 'Open source'].join('\n'),
    first: 'Lunch at noon?',
    second: 'On my way!',
    third: 'Saved you a seat',
  },
  zh: {
    title: '每条消息，同步到每台设备。',
    pitch: '手机上写，电脑上看。没有网络时写的消息，会在恢复连接后自动发送。',
    points: ['多端同步', '离线可用', '开源'].join('\n'),
    first: '中午一起吃饭吗？',
    second: '马上到！',
    third: '给你留好位子了',
  },
})

/** What this is, for who comes for the first time. */
export function BrandPanel() {
  const t = useTexts(texts)
  return (
    <aside className={css.panel}>
      <div className={css.brand}>
        <Mark />
        Nudge
      </div>
      <div className={css.scene} aria-hidden>
        <div className={css.window}>
          <div className={css.bar}>
            <i />
            <i />
            <i />
          </div>
          <div className={css.inside}>
            <div className={css.list}>
              <b />
              <b />
              <b />
              <b />
            </div>
            <Talk {...t} />
          </div>
        </div>
        <div className={css.phone}>
          <Talk {...t} />
        </div>
        <svg className={css.waves} viewBox="0 0 64 64" role="presentation">
          <path d="M14 44a26 26 0 0 1 0-26M22 39a16 16 0 0 1 0-16M50 18a26 26 0 0 1 0 26M42 23a16 16 0 0 1 0 16" />
          <circle cx="32" cy="31" r="4.5" />
        </svg>
      </div>
      <div>
        <p className={css.title}>{t.title}</p>
        <p className={css.pitch}>{t.pitch}</p>
        <ul className={css.points}>
          {t.points.split('\n').map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </div>
    </aside>
  )
}

/** The same on both devices. */
function Talk({ first, second, third }: { first: string; second: string; third: string }) {
  return (
    <div className={css.talk}>
      <span>{first}</span>
      <span data-own>{second}</span>
      <span>{third}</span>
    </div>
  )
}

/** The logo, in one colour. */
function Mark() {
  return (
    <svg className={css.mark} viewBox="0 0 64 64" aria-hidden role="presentation">
      <path d="M14 20a6 6 0 0 1 6-6h24a6 6 0 0 1 6 6v17a6 6 0 0 1-6 6H30l-9.3 7.4A1.7 1.7 0 0 1 18 49v-6.2A6 6 0 0 1 14 37z" />
      <circle cx="25" cy="28.5" r="3" />
      <path data-line d="M33 22.5a8.5 8.5 0 0 1 0 12M38.5 18.5a14.5 14.5 0 0 1 0 20" />
    </svg>
  )
}
