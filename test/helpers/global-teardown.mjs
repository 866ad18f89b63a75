/** After the last test, failed or not: stops what global-setup.mjs started. */
export default async function globalTeardown() {
  await globalThis.stopTestPostgres?.()
}
