/** What the link of an invitation by e-mail says: `/acceptInvite?email=&key=`. */
export interface Invitation {
  email: string
  key: string
}

/** Of a page's address; undefined when it is no such link. */
export function invitationIn({
  pathname,
  search,
}: {
  pathname: string
  search: string
}): Invitation | undefined {
  if (!pathname.endsWith('/acceptInvite')) return undefined
  const query = new URLSearchParams(search)
  const [email, key] = [query.get('email')?.trim(), query.get('key')?.trim()]
  return email && key ? { email, key } : undefined
}
