/** Where in the app one is, as its paths (after the `#`) tell. */
export type Place =
  | { section: 'chats'; sessionId?: string }
  | { section: 'contacts'; userId?: string }
  | { section: 'groups' }
  | { section: 'settings' }

export type Section = Place['section']

/** Of a path; whatever is unknown is the list of conversations. */
export function placeOf(path: string): Place {
  const [section, id] = path.split('/').filter(Boolean)
  if (section === 'contacts') return id === undefined ? { section } : { section, userId: id }
  if (section === 'groups' || section === 'settings') return { section }
  return section === 'chats' && id !== undefined ? { section, sessionId: id } : { section: 'chats' }
}

export const paths = {
  chats: '/chats',
  chat: (sessionId: string) => `/chats/${sessionId}`,
  contacts: '/contacts',
  contact: (userId: string) => `/contacts/${userId}`,
  groups: '/groups',
  settings: '/settings',
}
