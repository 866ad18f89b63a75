/** The user's address book; `selected` is the user whose page is open. */
export function ContactsPane({ selected }: { selected?: string }) {
  return <p>{selected}</p>
}
