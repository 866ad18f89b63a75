import type { Router } from 'express'
import type { Migration } from 'kysely'
import type { z } from 'zod'
import type { Context } from '../context.js'

/**
 * Something that is added to the product from outside its folders: tables and routes of its own. Most are made
 * by `ownedCollection`; what has other rules writes these fields itself (docs/extending.md).
 */
export interface Extension {
  /** Lower case, unique among the installed ones, never changed: migrations are remembered under it. */
  name: string
  /** The steps of its schema, by names that sort. Steps that have run anywhere are never edited. */
  migrations: Record<string, Migration>
  /** Its routes below /v1; `viewer` is known there. Our own routes come first. */
  routes(ctx: Context): Router
  /** Schemas that OpenAPI shows under a name of their own. */
  schemas?: Record<string, z.ZodType>
}

/** Throws when two extensions, or two parts of one, would be taken for each other. */
export function checkExtensions(extensions: Extension[]): void {
  const names = new Set<string>()
  for (const { name } of extensions) {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`an extension cannot be called ${name}`)
    if (names.has(name)) throw new Error(`two extensions are called ${name}`)
    names.add(name)
  }
}
