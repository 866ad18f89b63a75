/** What the user knows of somebody. */
export function ContactPage({ userId }: { userId: string }) {
  return <p>{userId}</p>
}
