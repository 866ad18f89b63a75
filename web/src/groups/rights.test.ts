import { expect, test } from '@jest/globals'
import { type Role, rightsOver } from './rights.js'

const allowed = (own: Role | undefined, other: Role) =>
  Object.entries(rightsOver(own, other))
    .filter(([, isAllowed]) => isAllowed)
    .map(([what]) => what)

test.each<[Role | undefined, Role, string[]]>([
  ['master', 'user', ['remove', 'appoint', 'transfer']],
  ['master', 'admin', ['remove', 'dismiss', 'transfer']],
  ['master', 'email', ['takeBack']],
  ['admin', 'user', ['remove']],
  ['admin', 'email', ['takeBack']],
  ['admin', 'admin', []],
  ['admin', 'master', []],
  ['user', 'user', []],
  ['user', 'email', []],
  [undefined, 'user', []],
])('%s over %s', (own, other, rights) => {
  expect(allowed(own, other)).toEqual(rights)
})
