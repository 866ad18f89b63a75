/**
 * Where push is, from what the gate says: `host`, `host:port/path`, or an address with its protocol, which stays. It
 * may end in `#`, for the sake of old clients: that makes a fragment of the `:80` which they put behind it.
 * (yun2win.md §2.1) Without a protocol it is `wss` when the API is `https`, otherwise `ws`.
 *
 * @throws TypeError when it is no address.
 */
export function pushAddress(apiUrl: string, gateUrl: string): string {
  const hasProtocol = /^[a-z][a-z0-9+.-]*:\/\//i.test(gateUrl)
  const protocol = /^https:/i.test(apiUrl) ? 'wss' : 'ws'
  const address = new URL(hasProtocol ? gateUrl : `${protocol}://${gateUrl}`)
  address.hash = ''
  return address.href
}
