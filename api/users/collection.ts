import type { UserObject } from '../../shared/wire/objects.js'
import type { Collection } from '../sync/collection.js'
import { presentUser } from './present.js'
import type { UserRow } from './store.js'

/** All users of an app, for its administrators. */
export const users: Collection<{ appId: string }, UserRow, UserObject> = {
  name: 'users',
  rows: (db, { appId }) => db.selectFrom('app_user').selectAll().where('app_id', '=', appId),
  present: presentUser,
}
