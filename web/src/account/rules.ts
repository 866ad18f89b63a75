/** The shortest password this app lets people choose; the server itself takes any. */
export const MIN_PASSWORD_LENGTH = 8
export const MAX_PASSWORD_LENGTH = 1024
/** Of everything on one line: names, phone numbers, accounts. */
export const MAX_LINE_LENGTH = 255

/** Whether the server would take it for an account: an e-mail address as a rule, one word at least. */
export function isAccount(text: string): boolean {
  return /^[^\s\p{C}<>"]{1,255}$/u.test(text.trim())
}

/** Why a new password will not do. */
export function problemOfPassword(password: string): 'short' | 'long' | undefined {
  if (password.length < MIN_PASSWORD_LENGTH) return 'short'
  return password.length > MAX_PASSWORD_LENGTH ? 'long' : undefined
}

/** A name as the server keeps it: without what markup needs. Empty when nothing is left. */
export function cleanName(text: string): string {
  return text.replace(/[<>"]/g, '').trim()
}
