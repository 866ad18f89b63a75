/** What every synced row has. */
export interface Row {
  id: string
  isDelete?: boolean
  /** ISO-8601. */
  updatedAt: string
}

/** A row as an object that stays the same while the row changes: what you hold is always current. */
export abstract class Entity<R extends Row> {
  /** The row as the server gave it last. Replaced as a whole, never changed. */
  row: Readonly<R>

  /** Grows with every change: for views that compare. */
  revision = 0

  constructor(row: R) {
    this.row = row
  }

  /** @internal */
  take(row: R): void {
    this.row = row
    this.revision += 1
  }

  get id(): string {
    return this.row.id
  }

  get isDeleted(): boolean {
    return this.row.isDelete === true
  }

  /** Last change of any field; ms since 1970. */
  get updatedAt(): number {
    return stampOf(this.row)
  }
}

/** A row's stamp in ms: the wire's cursor. */
export function stampOf(row: { updatedAt: string }): number {
  return Date.parse(row.updatedAt)
}

/** The newest stamp (ms) of these rows: the cursor after them. */
export function newestOf(rows: readonly { updatedAt: string }[], atLeast: number): number {
  return rows.reduce((newest, row) => Math.max(newest, stampOf(row)), atLeast)
}
