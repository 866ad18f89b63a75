import { expect, jest, test } from '@jest/globals'
import { NudgeError, type User } from 'nudge-sdk'
import { Strangers } from './strangers.js'

const user: User = { id: '7', name: 'Ann', avatarUrl: 'a.png', account: '', pinyin: [] }

function strangersWith(...answers: (User | NudgeError)[]) {
  const fetch = jest.fn(async (_userId: string) => {
    const answer = answers.shift()
    if (answer instanceof NudgeError) throw answer
    return answer as User
  })
  return { fetch, strangers: new Strangers({ users: { fetch } } as never) }
}

test('the server is asked once for each', async () => {
  const { strangers, fetch } = strangersWith(user)
  expect(strangers.get('7')).toBeUndefined()
  const ann = { name: 'Ann', avatarUrl: 'a.png', isGone: false }
  expect(await Promise.all([strangers.fetch('7'), strangers.fetch('7')])).toEqual([ann, ann])
  expect(await strangers.fetch('7')).toEqual(ann)
  expect(strangers.get('7')).toEqual(ann)
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('nobody is gone before the server has said so; without an answer it is asked again', async () => {
  const { strangers, fetch } = strangersWith(
    new NudgeError('Unreachable', 'no network'),
    new NudgeError('NotFound', 'no such user', 404),
  )
  expect(await strangers.fetch('7')).toBeUndefined()
  expect(strangers.get('7')).toBeUndefined()
  expect(await strangers.fetch('7')).toMatchObject({ isGone: true })
  await strangers.fetch('7')
  expect(fetch).toHaveBeenCalledTimes(2)
})
