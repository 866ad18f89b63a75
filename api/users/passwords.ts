import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

interface Cost {
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
  const { N, r, p } = { N: 2 ** cost, r: 8, p: 1 }
  const salt = randomBytes(16)
  const key = await derive(password, salt, KEY_BYTES, { N, r, p, maxmem: memoryFor({ N, r, p }) })
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Compares in constant time, with the costs that the hash was made with. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || !salt || !key) return false
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const expected = Buffer.from(key, 'base64url')
  const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length, {
    ...cost,
    maxmem: memoryFor(cost),
  })
  return timingSafeEqual(actual, expected)
}

function memoryFor({ N, r, p }: Cost): number {
  return 128 * N * r + 128 * r * p + 1024 * 1024
}
