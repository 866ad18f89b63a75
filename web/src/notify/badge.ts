const NAME = 'Nudge'
const MARK = '<circle cx="49" cy="15" r="15" fill="#fff"/><circle cx="49" cy="15" r="12" fill="#e03131"/>'

/** `(3) Nudge`. */
export function titleFor(unread: number): string {
  if (unread <= 0) return NAME
  return `(${unread > 99 ? '99+' : unread}) ${NAME}`
}

/** An icon, as SVG, with a red mark. */
export function marked(svg: string): string {
  return svg.replace(/<\/svg>\s*$/, `${MARK}</svg>`)
}

/** Tells of what is unread in the title and the icon of the page, and on the icon of the app where it is installed. */
export class Badge {
  readonly #link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  readonly #plain = this.#link?.href
  #marked: Promise<string | undefined> | undefined
  #unread = 0

  show(unread: number): void {
    this.#unread = unread
    document.title = titleFor(unread)
    void this.#showIcon()
    if ('setAppBadge' in navigator) navigator.setAppBadge(unread).catch(() => {})
  }

  async #showIcon(): Promise<void> {
    if (!this.#link || !this.#plain) return
    if (this.#unread > 0) this.#marked ??= this.#draw(this.#plain)
    const icon = this.#unread > 0 ? await this.#marked : undefined
    // It may have changed while the icon was drawn.
    const href = this.#unread > 0 ? (icon ?? this.#plain) : this.#plain
    if (this.#link.href !== href) this.#link.href = href
  }

  async #draw(url: string): Promise<string | undefined> {
    try {
      const svg = await (await fetch(url)).text()
      return `data:image/svg+xml,${encodeURIComponent(marked(svg))}`
    } catch {
      this.#marked = undefined
      return undefined
    }
  }
}
