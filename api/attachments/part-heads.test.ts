import { buffer } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { MendFirstHead } from './part-heads.js'

function mend(body: string): Promise<string> {
  const mending = new MendFirstHead()
  mending.end(Buffer.from(body, 'latin1'))
  return buffer(mending).then((bytes) => bytes.toString('latin1'))
}

const bodyOf = (disposition: string) => `--x\r\nContent-Disposition: ${disposition}\r\n\r\nb\r\n--x--`
const manySpaces = (count: number) => bodyOf(`form-data${' '.repeat(count)}!`)

test.each([
  ['form-data; name="a"; filename="b"', 'form-data; name="a"; filename="b"'],
  ['form-data; name="a" ; filename="b" ;  ', 'form-data; name="a" ; filename="b" ;  '],
  ['form-data; name="a"; filename="b"c"', 'form-data; name="a"; filename="b_c"'],
  ['form-data; name="a"; filename=""', 'form-data; name="a"; filename="file"'],
])('%j becomes %j', async (before, after) => {
  expect(await mend(bodyOf(before))).toBe(bodyOf(after))
})

test('a line of over 2 KB is refused', async () => {
  await expect(mend(manySpaces(2048))).rejects.toMatchObject({ code: 'InvalidRequest' })
})

test('a head without a near end is left to the parser', async () => {
  const body = manySpaces(60_000)
  expect(await mend(body)).toBe(body)
})

test('reading takes a time linear in the input: 1 MB of spaces in less than a second', async () => {
  const heads = [manySpaces(1_000_000), ...Array<string>(500).fill(manySpaces(2000))]
  // Of the processor's time, which does not depend on what else the machine does.
  const start = process.cpuUsage()
  for (const head of heads) await mend(head)
  const { user, system } = process.cpuUsage(start)
  expect((user + system) / 1000).toBeLessThan(1000)
})
