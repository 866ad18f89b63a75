import { ActionIcon, Button, Tooltip } from '@mantine/core'
import {
  type Icon,
  IconBolt,
  IconCloudOff,
  IconDevices,
  IconPlugConnected,
  IconRefresh,
  IconWifiOff,
} from '@tabler/icons-react'
import type { State } from 'nudge-sdk'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { defineTexts, useTexts } from '../i18n/texts'
import { useClient } from '../platform/client-context'
import { useStatus } from '../platform/use-status'
import css from './connection-status.module.css'

const texts = defineTexts({
  en: {
    connecting: 'Connecting',
    catchingUp: 'Updating',
    live: 'Live',
    offline: 'Offline',
    kicked: 'In use elsewhere',
    noNetwork: 'No network',
    connectingWhy: 'Connecting to the server.',
    catchingUpWhy: 'Getting the latest messages.',
    liveWhy: 'Connected. Everything is up to date.',
    offlineWhy: 'The server cannot be reached. What you write is sent once you are back online.',
    kickedWhy: 'Nudge is open on another device.',
    noNetworkWhy: 'This device has no network. What you write is sent once you are back online.',
    seconds: (seconds: number) => `${seconds} s`,
    nextTry: (seconds: number) => `Trying again in ${seconds} s.`,
    tryNow: 'Try now',
  },
  zh: {
    connecting: '连接中',
    catchingUp: '更新中',
    live: '在线',
    offline: '离线',
    kicked: '已在其他设备登录',
    noNetwork: '无网络',
    connectingWhy: '正在连接服务器。',
    catchingUpWhy: '正在获取最新内容。',
    liveWhy: '已连接，所有内容均为最新。',
    offlineWhy: '无法连接服务器。您写的消息会在恢复连接后自动发送。',
    kickedWhy: '您正在另一台设备上使用 Nudge。',
    noNetworkWhy: '此设备没有网络。您写的消息会在网络恢复后自动发送。',
    seconds: (seconds: number) => `${seconds} 秒`,
    nextTry: (seconds: number) => `${seconds} 秒后重试。`,
    tryNow: '立即重试',
  },
})

/** What there is to say: where the client stands, and whether this device has a network at all. */
type Standing = Exclude<State, 'idle'> | 'noNetwork'

const LOOKS: Record<Standing, { icon: Icon; tone: 'good' | 'busy' | 'bad' }> = {
  connecting: { icon: IconPlugConnected, tone: 'busy' },
  catchingUp: { icon: IconRefresh, tone: 'busy' },
  live: { icon: IconBolt, tone: 'good' },
  offline: { icon: IconCloudOff, tone: 'bad' },
  kicked: { icon: IconDevices, tone: 'bad' },
  noNetwork: { icon: IconWifiOff, tone: 'bad' },
}

/** How long (ms) the way to the server may be away without a word about it on a phone. */
const PATIENCE_MS = 1000

/** How the client stands with the server, in a word. */
export function ConnectionStatus() {
  const t = useTexts(texts)
  const client = useClient()
  const { standing, seconds } = useStanding()
  const { icon: Picture, tone } = LOOKS[standing]
  const why = t[`${standing}Why`]
  return (
    <div className={css.status}>
      <Tooltip
        label={seconds === undefined ? why : `${why} ${t.nextTry(seconds)}`}
        position="right"
        multiline
        w={240}
        events={{ hover: true, focus: true, touch: true }}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: with the keyboard, too, one learns why */}
        <div className={css.word} data-tone={tone} role="status" tabIndex={0}>
          <Picture size={20} stroke={1.7} aria-hidden />
          <span>{t[standing]}</span>
        </div>
      </Tooltip>
      {standing === 'offline' && (
        <>
          {seconds !== undefined && (
            <span className={css.seconds} aria-hidden>
              {t.seconds(seconds)}
            </span>
          )}
          <Tooltip label={t.tryNow} position="right">
            <ActionIcon variant="light" size="md" aria-label={t.tryNow} onClick={() => void client.start()}>
              <IconRefresh size={16} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
    </div>
  )
}

/** The same for phones, above what is open: only while there is something to say. */
export function ConnectionBanner() {
  const t = useTexts(texts)
  const client = useClient()
  const { standing, seconds } = useStanding()
  const isShown = useAfter(PATIENCE_MS, standing !== 'live' && standing !== 'kicked')
  const { icon: Picture, tone } = LOOKS[standing]
  return (
    <div className={css.banner} data-shown={isShown} data-tone={tone}>
      {isShown && (
        <>
          <Picture size={16} aria-hidden />
          <span role="status">{t[standing]}</span>
          {standing === 'offline' && (
            <>
              {seconds !== undefined && (
                <span className={css.seconds} aria-hidden>
                  {t.nextTry(seconds)}
                </span>
              )}
              <Button variant="transparent" size="compact-sm" onClick={() => void client.start()}>
                {t.tryNow}
              </Button>
            </>
          )}
        </>
      )}
    </div>
  )
}

function useStanding(): { standing: Standing; seconds: number | undefined } {
  const { state, retryAt } = useStatus()
  const isOnline = useSyncExternalStore(subscribeToNetwork, () => navigator.onLine)
  // The first moment of a login, before the client has begun to dial.
  const standing = state === 'idle' ? 'connecting' : state
  const seconds = useSecondsUntil(state === 'offline' ? retryAt : undefined)
  // Browsers may be wrong about it, so a connection that is there counts for more.
  if (!isOnline && standing !== 'live' && standing !== 'kicked')
    return { standing: 'noNetwork', seconds: undefined }
  return { standing, seconds }
}

function subscribeToNetwork(onChange: () => void): () => void {
  addEventListener('online', onChange)
  addEventListener('offline', onChange)
  return () => {
    removeEventListener('online', onChange)
    removeEventListener('offline', onChange)
  }
}

/** Counts down to a moment (ms since 1970). */
function useSecondsUntil(moment: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (moment === undefined) return
    setNow(Date.now())
    const ticking = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(ticking)
  }, [moment])
  return moment === undefined ? undefined : Math.max(0, Math.ceil((moment - now) / 1000))
}

/** True once it has been so for so many ms. */
function useAfter(ms: number, isSo: boolean): boolean {
  const [isDue, setDue] = useState(false)
  useEffect(() => {
    if (!isSo) return setDue(false)
    const timer = setTimeout(() => setDue(true), ms)
    return () => clearTimeout(timer)
  }, [ms, isSo])
  return isDue && isSo
}
