import type { Migration } from 'kysely'
import * as foundation from './0001-foundation.js'
import * as frozenConversations from './0002-frozen-conversations.js'
import * as people from './0003-people.js'
import * as contactsFavourites from './0004-contacts-favourites.js'
import * as sessionsMessages from './0006-sessions-messages.js'
import * as attachments from './0007-attachments.js'
import * as emojis from './0008-emojis.js'
import * as usersSeen from './0009-users-seen.js'
import * as gonePeople from './0010-gone-people.js'
import * as logins from './0011-logins.js'
import * as uploadQuota from './0012-upload-quota.js'
import * as memberIndexes from './0013-member-indexes.js'
import * as pastAvatars from './0014-past-avatars.js'
import * as largeGroups from './0015-large-groups.js'
import * as embedding from './0016-embedding.js'

/** Every step of the schema, by name, in order. Names sort; merged steps are never edited. */
export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-frozen-conversations': frozenConversations,
  '0003-people': people,
  '0004-contacts-favourites': contactsFavourites,
  '0006-sessions-messages': sessionsMessages,
  '0007-attachments': attachments,
  '0008-emojis': emojis,
  '0009-users-seen': usersSeen,
  '0010-gone-people': gonePeople,
  '0011-logins': logins,
  '0012-upload-quota': uploadQuota,
  '0013-member-indexes': memberIndexes,
  '0014-past-avatars': pastAvatars,
  '0015-large-groups': largeGroups,
  '0016-embedding': embedding,
}
