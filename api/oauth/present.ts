import type { TokenObject } from '../../shared/wire/objects.js'

export function presentToken(accessToken: string, lifetimeS: number): TokenObject {
  return { token_type: 'bearer', access_token: accessToken, expires_in: lifetimeS }
}
