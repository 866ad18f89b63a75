/** Everybody who sees a user's name, or who keeps a session as a favourite. */
export interface Audience {
  of: 'user' | 'session'
  id: string
}

/** Not a topic of push: in the outbox it stands for people whom the drain finds. */
export function audienceTopic({ of, id }: Audience): string {
  return `audience/${of}/${id}`
}

/** Undefined for topics of push. */
export function parseAudienceTopic(topic: string): Audience | undefined {
  const [, of, id] = /^audience\/(user|session)\/([0-9]+)$/.exec(topic) ?? []
  return id === undefined ? undefined : { of: of as Audience['of'], id }
}
