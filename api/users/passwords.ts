import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

interface Costs {
  N: number
  r: number
  p: number
}

const KEY_BYTES = 32

/**
 * Hashes what the client sends as its password: `scrypt$N$r$p$salt$hash`. `cost` is the binary logarithm of N: 15 takes
 * 32 MiB and some 80 ms, costly to guess and bearable to check; one more doubles both.
 */
export async function hashPassword(password: string, cost: number): Promise<string> {
  const [N, r, p] = [2 ** cost, 8, 1]
  const salt = randomBytes(16)
  const key = await deriveKey(password, salt, KEY_BYTES, { N, r, p })
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Compares in constant time, with the costs that the hash was made with. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || !salt || !key) return false
  const expected = Buffer.from(key, 'base64url')
  const costs = { N: Number(N), r: Number(r), p: Number(p) }
  const actual = await deriveKey(password, Buffer.from(salt, 'base64url'), expected.length, costs)
  return timingSafeEqual(actual, expected)
}

function deriveKey(password: string, salt: Buffer, length: number, { N, r, p }: Costs): Promise<Buffer> {
  const maxmem = 128 * N * r + 128 * r * p + 1024 * 1024
  return derive(password, salt, length, { N, r, p, maxmem })
}
