/** The groups that the user is in, favourites first. */
export function GroupsPane() {
  return <p>Groups</p>
}
