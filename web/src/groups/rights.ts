/** What somebody is in a group; `email`: invited by e-mail, and not here yet. */
export type Role = 'master' | 'admin' | 'user' | 'email'

/** What one may do to a member. */
export interface Rights {
  remove: boolean
  takeBack: boolean
  appoint: boolean
  dismiss: boolean
  transfer: boolean
}

/** As the server has it; `own` is undefined for who is not in the group any more. Nothing of it is for oneself. */
export function rightsOver(own: Role | undefined, other: Role): Rights {
  const isHead = own === 'master'
  const isStaff = isHead || own === 'admin'
  return {
    remove: (isStaff && other === 'user') || (isHead && other === 'admin'),
    takeBack: isStaff && other === 'email',
    appoint: isHead && other === 'user',
    dismiss: isHead && other === 'admin',
    transfer: isHead && (other === 'user' || other === 'admin'),
  }
}
