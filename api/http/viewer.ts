import { AppError } from '../../shared/server/app-error.js'

/** Who is asking: a user, or an application's own server, which may do everything in its app. */
export interface Viewer {
  appId: string
  userId: string
  isAdmin: boolean
  /** The login that the user's token came of. */
  login?: string
}

/** The wire's user id of the application administrator. (yun2win.md §1.2) */
export const ADMIN_USER_ID = '-1'

/** What is under /users/:userId is that user's own. Throws NotAllowed. */
export function requireSelf(viewer: Viewer, userId: string): void {
  if (!viewer.isAdmin && viewer.userId !== userId) {
    throw new AppError('NotAllowed', 'this belongs to another user')
  }
}
