import { ActionIcon, Loader, Modal } from '@mantine/core'
import { useWindowEvent } from '@mantine/hooks'
import {
  type Icon,
  IconChevronLeft,
  IconChevronRight,
  IconDownload,
  IconPhotoOff,
  IconX,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from '@tabler/icons-react'
import type { Message } from 'nudge-sdk'
import { type PointerEvent, type Ref, type SyntheticEvent, useEffect, useRef, useState } from 'react'
import { useTexts } from '../../i18n/texts'
import { useBackCloses } from '../../places/back'
import { useClient } from '../../platform/client-context'
import { useUntilLive } from '../../platform/use-until-live'
import contentCss from './content.module.css'
import { ElsewhereOffer } from './elsewhere-offer'
import { textField } from './fields'
import css from './image-viewer.module.css'
import { contentTexts } from './texts'
import { useDownload } from './use-download'
import { useElsewhere } from './use-elsewhere'
import { MAX_SCALE, moveBy, type View, WHOLE, zoomAt } from './zoom'

const STEP = 1.5
const DOUBLE_CLICK = 2.5

const isPicture = (message: Message) =>
  message.type === 'image' && !message.upload && textField(message.content, 'src') !== ''

/** For React the viewer is inside the message that opened it, which has plans of its own for keys and clicks. */
const stop = (event: SyntheticEvent) => event.stopPropagation()
const KEPT_HERE = {
  onClick: stop,
  onContextMenu: stop,
  onKeyDown: stop,
  onPointerDown: stop,
  onTouchStart: stop,
}

/** A picture as large as the window, and the way to the others of the session. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function ImageViewer({ message, onClose }: { message: Message; onClose(): void }) {
  const t = useTexts(contentTexts)
  const client = useClient()
  const [shown, setShown] = useState(message)
  const [view, setView] = useState(WHOLE)
  const loaded = (message.session?.messages.items ?? []).filter(isPicture)
  // What is looked at stays, also when somebody takes it back meanwhile.
  const pictures = loaded.includes(shown) ? loaded : [shown]
  const at = pictures.indexOf(shown)
  const src = textField(shown.content, 'src')
  const elsewhere = useElsewhere(src)
  const closer = useRef<HTMLButtonElement>(null)
  const { isBusy, download } = useDownload()
  useBackCloses(true, onClose)

  const turn = (by: number) => {
    const next = pictures[at + by]
    if (!next) return
    setShown(next)
    setView(WHOLE)
  }
  const zoom = (factor: number) => setView((now) => zoomAt(now, factor))
  const keys = new Map([
    ['ArrowLeft', () => turn(-1)],
    ['ArrowRight', () => turn(1)],
    ['+', () => zoom(STEP)],
    ['=', () => zoom(STEP)],
    ['-', () => zoom(1 / STEP)],
    ['0', () => setView(WHOLE)],
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys.get(event.key)
    if (!act) return
    event.preventDefault()
    act()
  }
  // Wherever the focus is, and before it is stopped below.
  useWindowEvent('keydown', onKeyDown, { capture: true })

  return (
    <Modal.Root
      opened
      onClose={onClose}
      fullScreen
      classNames={{ content: css.content }}
      returnFocus={false}
      transitionProps={{ duration: 0 }}
      {...KEPT_HERE}
    >
      <Modal.Content aria-label={t.viewer}>
        <Modal.Body className={css.body}>
          <div className={css.bar}>
            <span className={css.count} aria-live="polite">
              {pictures.length > 1 && t.count(at + 1, pictures.length)}
            </span>
            <Button
              icon={IconZoomOut}
              label={t.zoomOut}
              isOff={view.scale === 1}
              onClick={() => zoom(1 / STEP)}
            />
            <Button
              icon={IconZoomIn}
              label={t.zoomIn}
              isOff={view.scale === MAX_SCALE}
              onClick={() => zoom(STEP)}
            />
            <Button
              icon={IconZoomReset}
              label={t.zoomReset}
              isOff={view.scale === 1}
              onClick={() => setView(WHOLE)}
            />
            <Button
              icon={IconDownload}
              label={t.downloadIt}
              isBusy={isBusy}
              onClick={() => download(src, textField(shown.content, 'name') || t.picture)}
            />
            <Button icon={IconX} label={t.close} onClick={onClose} isFirst ref={closer} />
          </div>
          {elsewhere ? (
            <button
              type="button"
              className={css.elsewhere}
              onClick={() => {
                elsewhere.show()
                // This button goes.
                closer.current?.focus()
              }}
            >
              <ElsewhereOffer host={elsewhere.host} />
            </button>
          ) : (
            <Stage
              key={shown.key}
              address={client.files.urlOf(src)}
              view={view}
              onView={setView}
              onTurn={turn}
            />
          )}
          {at > 0 && (
            <Button
              icon={IconChevronLeft}
              label={t.previous}
              onClick={() => turn(-1)}
              className={`${css.turn} ${css.previous}`}
            />
          )}
          {at < pictures.length - 1 && (
            <Button
              icon={IconChevronRight}
              label={t.next}
              onClick={() => turn(1)}
              className={`${css.turn} ${css.next}`}
            />
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

function Button({
  icon: Picture,
  label,
  onClick,
  isOff = false,
  isBusy = false,
  isFirst = false,
  className = '',
  ref,
}: {
  icon: Icon
  label: string
  onClick(): void
  isOff?: boolean
  isBusy?: boolean
  /** Has the focus at first. */
  isFirst?: boolean
  className?: string
  ref?: Ref<HTMLButtonElement>
}) {
  return (
    <ActionIcon
      ref={ref}
      variant="transparent"
      size={40}
      radius="xl"
      className={`${css.button} ${className}`}
      aria-label={label}
      aria-busy={isBusy}
      disabled={isOff}
      data-autofocus={isFirst || undefined}
      onClick={onClick}
    >
      {isBusy ? <Loader size={22} color="white" /> : <Picture size={22} stroke={1.6} aria-hidden />}
    </ActionIcon>
  )
}

interface StageProps {
  address: string | undefined
  view: View
  onView(change: (view: View) => View): void
  onTurn(by: number): void
}

/** How far (CSS pixels) a finger moves to turn to another picture. */
const SWIPE = 60

/** The picture itself: wheel, two fingers or a double click enlarge it, and what is enlarged can be moved. */
function Stage({ address, view, onView, onTurn }: StageProps) {
  const t = useTexts(contentTexts)
  const stage = useRef<HTMLDivElement>(null)
  const pointers = useRef(new Map<number, { x: number; y: number }>())
  const swipedFrom = useRef<number>(undefined)
  const [isLoaded, setLoaded] = useState(false)
  const [hasFailed, setFailed] = useUntilLive(address === undefined)

  /** From the middle of the stage. */
  const placeOf = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
    const { left, top, width, height } = stage.current?.getBoundingClientRect() ?? new DOMRect()
    return { x: clientX - left - width / 2, y: clientY - top - height / 2, width, height }
  }

  useEffect(() => {
    const element = stage.current
    // React listens passively, and the page must not zoom itself.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const { x, y } = placeOf(event)
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1)
      onView((now) => zoomAt(now, Math.exp(-pixels / (event.ctrlKey ? 100 : 300)), x, y))
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  })

  const onPointerDown = (event: PointerEvent) => {
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
    swipedFrom.current = pointers.current.size === 1 && view.scale === 1 ? event.clientX : undefined
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    const [other] = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, point]) => point)
    pointers.current.set(event.pointerId, now)
    const { width, height } = placeOf(event)
    if (other) {
      const gap = (point: typeof now) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y))
      const { x, y } = placeOf({ clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 })
      onView((view) => zoomAt(view, gap(now) / gap(before), x, y))
    } else {
      onView((view) => moveBy(view, now.x - before.x, now.y - before.y, width, height))
    }
  }
  const onPointerUp = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId)
    const from = swipedFrom.current
    swipedFrom.current = undefined
    if (from === undefined || event.pointerType === 'mouse') return
    if (Math.abs(event.clientX - from) > SWIPE) onTurn(event.clientX < from ? 1 : -1)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons above do the same for the keyboard
    <div
      ref={stage}
      className={css.stage}
      data-zoomed={view.scale > 1}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={(event) => pointers.current.delete(event.pointerId)}
      onDoubleClick={(event) => {
        const { x, y } = placeOf(event)
        onView((now) => (now.scale > 1 ? WHOLE : zoomAt(now, DOUBLE_CLICK, x, y)))
      }}
    >
      {hasFailed ? (
        <span className={contentCss.broken}>
          <IconPhotoOff size={40} stroke={1.4} aria-hidden />
          {t.noPicture}
        </span>
      ) : (
        <img
          className={css.picture}
          src={address}
          alt={t.picture}
          referrerPolicy="no-referrer"
          draggable={false}
          style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}
          onLoad={() => setLoaded(true)}
          onError={() => setFailed(true)}
        />
      )}
      {!isLoaded && !hasFailed && <Loader color="white" />}
    </div>
  )
}
