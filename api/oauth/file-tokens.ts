import { AppError } from '../../shared/server/app-error.js'
import { TOKEN_LIFETIME_S } from '../../shared/server/tokens.js'
import type { TokenObject } from '../../shared/wire/objects.js'
import type { Context } from '../context.js'
import type { Viewer } from '../http/viewer.js'
import { presentToken } from './present.js'

/**
 * A token for addresses of pictures and the like, which people copy and show to others: until the viewer's login ends
 * it reads the bytes of attachments that the viewer may read, and nothing else. Throws NotAllowed for administrators.
 */
export function issueFileToken({ tokens }: Pick<Context, 'tokens'>, viewer: Viewer): TokenObject {
  const { appId: app, userId: sub, login } = viewer
  if (login === undefined) throw new AppError('NotAllowed', 'tokens for files are for users')
  return presentToken(tokens.sign('files', { sub, app, login }), TOKEN_LIFETIME_S.files)
}
