/** A table in Markdown, line by line as its numbers come. The first column is words, the others are numbers. */
export class Table {
  readonly #widths: number[]

  constructor(heads: string[], widths: Partial<Record<number, number>> = {}) {
    this.#widths = heads.map((head, n) => Math.max(head.length, widths[n] ?? (n === 0 ? 34 : 8)))
    this.row(heads)
    this.#print(this.#widths.map((width, n) => (n === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  }

  row(cells: string[]): void {
    this.#print(
      this.#widths.map((width, n) => {
        const cell = cells[n] ?? ''
        return n === 0 ? cell.padEnd(width) : cell.padStart(width)
      }),
    )
  }

  #print(cells: string[]): void {
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
}

/** A line of text beside the tables. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** `1.23`, or `12.3` and `123` where the rest is noise. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}

/** `×1.23`: so many times `base`. */
export const ratio = (value: number, base: number): string => `×${figure(value / base)}`

export const percent = (share: number): string => `${Math.round(share * 100)} %`
