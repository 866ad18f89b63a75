import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from '@jest/globals'

const PROCESS = new URL('./process.ts', import.meta.url).href
const ENV = new URL('./env.ts', import.meta.url).href

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Runs `body` as the start function of a process called `thing`; `say` writes a line to stdout. */
function run(body: string, { closeLimitMs = 5000 } = {}) {
  const script = `
    import { runProcess } from '${PROCESS}'
    import { ConfigError } from '${ENV}'
    const say = (line) => process.stdout.write(line + '\\n')
    const forever = () => new Promise(() => setInterval(() => {}, 1e6))
    runProcess('thing', async (closers) => { ${body} }, { closeLimitMs: ${closeLimitMs} })`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  return {
    child,
    output,
    exited: once(child, 'close').then(([code, signal]) => ({ code, signal })),
    async said(line: string) {
      while (!output.stdout.split('\n').includes(line)) await once(child.stdout, 'data')
    },
  }
}

const OPEN_TWO = `
  closers.add(() => say('closed first'))
  closers.add(async () => say('closed last'))
  setInterval(() => {}, 1e6)
  say('ready')`

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s closes what was opened, last first, and exits with 0',
  async (signal) => {
    const thing = run(OPEN_TWO)
    await thing.said('ready')
    thing.child.kill(signal)
    expect(await thing.exited).toEqual({ code: 0, signal: null })
    expect(thing.output).toEqual({ stdout: 'ready\nclosed last\nclosed first\n', stderr: '' })
  },
)

test('a signal while starting lets the start finish, then closes', async () => {
  const thing = run(`
    say('starting')
    setInterval(() => {}, 1e6)
    await new Promise((resolve) => process.once('SIGTERM', () => setTimeout(resolve, 50)))
    ${OPEN_TWO}`)
  await thing.said('starting')
  thing.child.kill('SIGTERM')
  expect(await thing.exited).toEqual({ code: 0, signal: null })
  expect(thing.output.stdout).toBe('starting\nready\nclosed last\nclosed first\n')
})

test('the echo of a signal is none; a second signal exits at once with 130', async () => {
  const thing = run(`
    closers.add(() => { setTimeout(() => say('closing for a while'), 600); return forever() })
    say('ready')
    setInterval(() => {}, 1e6)`)
  await thing.said('ready')
  thing.child.kill('SIGINT')
  thing.child.kill('SIGTERM')
  await thing.said('closing for a while')
  thing.child.kill('SIGINT')
  expect(await thing.exited).toEqual({ code: 130, signal: null })
})

test('closing has a time limit', async () => {
  const thing = run(`closers.add(forever); say('ready'); setInterval(() => {}, 1e6)`, { closeLimitMs: 200 })
  await thing.said('ready')
  thing.child.kill('SIGTERM')
  expect(await thing.exited).toEqual({ code: 1, signal: null })
  expect(thing.output.stderr).toBe('thing: still not closed after 0.2 s, giving up\n')
})

test('wrong settings are said plainly, after closing what was opened', async () => {
  const thing = run(`
    closers.add(() => say('closed'))
    setInterval(() => {}, 1e6)
    throw new ConfigError('PORT: is no port')`)
  expect(await thing.exited).toEqual({ code: 1, signal: null })
  expect(thing.output).toEqual({ stdout: 'closed\n', stderr: 'thing: PORT: is no port\n' })
})

test.each([
  { title: 'a failing start', body: `closers.add(() => say('closed')); throw new Error('oops')` },
  { title: 'a start that throws at once', body: `closers.add(() => say('closed')); null.oops()` },
  {
    title: 'an error nobody caught',
    body: `closers.add(() => say('closed')); setTimeout(() => { throw new Error('oops') })`,
  },
  {
    title: 'a rejection nobody caught',
    body: `closers.add(() => say('closed')); void Promise.reject(new Error('oops'))`,
  },
  {
    title: 'a failing closer',
    body: `closers.add(() => say('closed')); closers.add(() => { throw new Error('oops') }); process.kill(process.pid, 'SIGTERM')`,
  },
])('$title: the stack is shown, the rest closed, exit code 1', async ({ body }) => {
  const thing = run(`setInterval(() => {}, 1e6); ${body}`)
  expect(await thing.exited).toEqual({ code: 1, signal: null })
  expect(thing.output.stdout).toBe('closed\n')
  expect(thing.output.stderr).toMatch(/^thing: .*oops[\s\S]*\n {4}at /)
})

test('a reader that goes away does not end the process', async () => {
  const thing = run(`
    process.once('SIGUSR2', () => { say('one'); say('two'); setTimeout(() => process.stderr.write('still here'), 50) })
    setInterval(() => {}, 1e6)
    say('ready')`)
  await thing.said('ready')
  thing.child.stdout.destroy()
  thing.child.kill('SIGUSR2')
  await once(thing.child.stderr, 'data')
  expect(thing.output.stderr).toBe('still here')
  thing.child.kill('SIGTERM')
  expect(await thing.exited).toEqual({ code: 0, signal: null })
})

test.each(['npm', 'sh'])('under npm start, the end of %s ends us too', async (whom) => {
  const script = `
    import { runProcess } from '${PROCESS}'
    runProcess('thing', async (closers) => {
      closers.add(() => process.stdout.write('closed'))
      setInterval(() => {}, 1e6)
      process.stdout.write('ready')
    })`
  // npm runs a shell that runs us; the second command keeps shells from handing their process over.
  const npm = spawn(
    process.execPath,
    [
      '-e',
      `console.log(require('node:child_process').spawn('sh', ['-c', process.env.COMMAND + '; true'], { stdio: 'inherit' }).pid)`,
    ],
    {
      env: {
        ...process.env,
        npm_lifecycle_event: 'start',
        SCRIPT: script,
        COMMAND: `"${process.execPath}" --import tsx --input-type=module -e "$SCRIPT"`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(npm)
  let output = ''
  npm.stdout.setEncoding('utf8')
  // The pipe closes when the last of the three has ended.
  for await (const text of npm.stdout) {
    output += text
    if (output.endsWith('ready'))
      process.kill(whom === 'npm' ? (npm.pid as number) : Number.parseInt(output, 10), 'SIGKILL')
  }
  expect(output).toMatch(/^\d+\nreadyclosed$/)
})
