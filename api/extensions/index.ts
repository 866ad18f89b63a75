import type { Extension } from './extension.js'

/** What is installed in this product, in the order its tables are made. See docs/extending.md. */
export const extensions: Extension[] = []
