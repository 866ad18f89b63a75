import { expect } from '@jest/globals'
import type { Answer } from './http.js'

/**
 * An error as old clients need it: JSON with `status`, `error` and a `message` that is not empty; for a 403
 * the object that tells them that they were removed. (yun2win.md §1.5)
 */
export function expectRefusal({ status, body }: Answer<unknown>, expected?: number): void {
  if (expected !== undefined) expect({ status, body }).toMatchObject({ status: expected })
  expect({ status, body }).toEqual({
    status: expect.any(Number),
    body: expect.objectContaining({ status, code: expect.any(String), error: expect.stringMatching(/./) }),
  })
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  const { message } = body as { message: unknown }
  if (status === 403) expect(message).toEqual({ code: 403, status: 403, error: '没有权限' })
  else expect(message).toEqual(expect.stringMatching(/./))
}
