import { expect, test } from '@jest/globals'
import { actionsOf, type Circumstances } from './message-actions.js'

const mine: Circumstances = {
  type: 'text',
  status: 'stored',
  isOwn: true,
  isStaff: false,
  isOver: false,
  canForward: true,
}

test.each<{ title: string; about: Partial<Circumstances>; actions: string }>([
  { title: 'my words', about: {}, actions: 'copy forward edit recall delete' },
  { title: 'my picture', about: { type: 'image' }, actions: 'forward recall delete' },
  { title: 'the words of somebody else', about: { isOwn: false }, actions: 'copy forward' },
  {
    title: 'the words of somebody in my group',
    about: { isOwn: false, isStaff: true },
    actions: 'copy forward recall delete',
  },
  { title: 'my words in a group I have left', about: { isOver: true }, actions: 'copy forward' },
  {
    title: 'my words in a page that has this chat only',
    about: { canForward: false },
    actions: 'copy edit recall delete',
  },
  { title: 'what is on its way', about: { status: 'storing' }, actions: 'copy cancelSending' },
  { title: 'what was refused', about: { status: 'storefailed' }, actions: 'retry copy discard' },
  {
    title: 'a picture that was refused',
    about: { status: 'storefailed', type: 'image' },
    actions: 'retry discard',
  },
])('what can be done with $title', ({ about, actions }) => {
  expect(actionsOf({ ...mine, ...about }).join(' ')).toBe(actions)
})
