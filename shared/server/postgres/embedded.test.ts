import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { runningPostgres, stopLeftPostgres } from '../../../test/helpers/left-postgres.js'
import { ConfigError } from '../env.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.js'
import { isAlive } from './postmaster.js'

const isRoot = process.getuid?.() === 0
const testAsRoot = isRoot ? test : test.skip
const testAsOther = isRoot ? test.skip : test
const OWNER = join(import.meta.dirname, '../../../test/helpers/postgres-owner.ts')
/** Most tests here are not about power cuts. */
const FAST = { fsync: 'off' }

let home: string
let dataDir: string
let started: EmbeddedPostgres[]
let children: ChildProcess[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nudge-embedded-'))
  dataDir = join(home, 'data')
  started = []
  children = []
})

afterEach(async () => {
  await Promise.all(started.map((postgres) => postgres.stop()))
  for (const child of children) child.kill('SIGKILL')
  await stopLeftPostgres(dataDir)
  await rm(home, { recursive: true, force: true })
})

async function start(settings: Record<string, string> = FAST, folder = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, settings })
  started.push(postgres)
  return postgres
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/** Another process that owns a PostgreSQL on `dataDir`. */
async function startOwner(): Promise<{ child: ChildProcess; url: string; exited: Promise<unknown> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', OWNER, dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const exited = once(child, 'exit')
  let problem = ''
  child.stderr.on('data', (text) => {
    problem += text
  })
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close').then(() => {
      throw new Error(problem)
    }),
  ])
  return { child, url: String(line).trim(), exited }
}

async function refusal(folder = dataDir): Promise<string> {
  const error = await start(FAST, folder).catch((error) => error)
  expect(error).toBeInstanceOf(ConfigError)
  return error.message
}

test('a fresh start gives an empty UTF-8 database that keeps what it acknowledges', async () => {
  const { url } = await start({})
  expect(new URL(url).hostname).toBe('127.0.0.1')
  const settings = await query(
    url,
    `select current_database() as database, current_setting('server_encoding') as encoding,
            current_setting('data_checksums') as checksums, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as synchronous_commit, upper('é') as upper,
            current_setting('listen_addresses') as addresses, current_setting('max_connections')::int as connections`,
  )
  expect(settings).toEqual([
    {
      ...{
        database: 'nudge',
        encoding: 'UTF8',
        checksums: 'on',
        fsync: 'on',
        synchronous_commit: 'on',
        upper: 'É',
      },
      ...{ addresses: '127.0.0.1', connections: 120 },
    },
  ])
})

test('nobody gets in without the password', async () => {
  const { url } = await start()
  const wrong = new URL(url)
  wrong.password = 'wrong'
  await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
})

test('who has nothing left to do but wait for the stop is not ended before it', async () => {
  const { child, exited } = await startOwner()
  const pid = (await runningPostgres(dataDir)) as number
  let output = ''
  child.stdout?.on('data', (text) => {
    output += text
  })
  // Without its lock file the server looks gone from the first, so that the exit itself is waited for.
  await rm(join(dataDir, 'postgres', 'postmaster.pid'))
  child.kill('SIGTERM')
  await delay(500)
  process.kill(pid, 'SIGINT')
  await exited
  expect(output).toBe('stopped\n')
  expect(await isAlive(pid)).toBe(false)
})

test('the second start has the data of the first, and stop leaves no process behind', async () => {
  const first = await start()
  await query(first.url, "create table kept as select 'here' as what")
  const pid = (await runningPostgres(dataDir)) as number
  await first.stop()
  await first.stop()
  expect(await isAlive(pid)).toBe(false)
  expect(await runningPostgres(dataDir)).toBeUndefined()

  const second = await start()
  expect(await query(second.url, 'table kept')).toEqual([{ what: 'here' }])
})

test('stop ends sessions that are still open', async () => {
  const postgres = await start()
  const client = new pg.Client(postgres.url)
  client.on('error', () => {})
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  await client.connect()
  await client.query('begin')
  await postgres.stop()
  await ended
  expect(await runningPostgres(dataDir)).toBeUndefined()
})

test('statements, which may hold message bodies, are not logged with errors', async () => {
  const { url } = await start()
  await query(url, 'create table message (body text primary key)')
  await query(url, "insert into message values ('hush')")
  await expect(query(url, "insert into message values ('hush')")).rejects.toMatchObject({ code: '23505' })
  const log = await readFile(join(dataDir, 'postgres.log'), 'utf8')
  expect(log).toContain('duplicate key')
  expect(log).not.toContain('hush')
})

test('after kill -9 of its owner the next start works, with everything that was committed', async () => {
  const owner = await startOwner()
  await query(owner.url, "create table kept as select 'committed' as what")
  const orphan = (await runningPostgres(dataDir)) as number
  owner.child.kill('SIGKILL')
  await owner.exited
  expect(await isAlive(orphan)).toBe(true)

  const { url } = await start()
  expect(await isAlive(orphan)).toBe(false)
  expect(await query(url, 'table kept')).toEqual([{ what: 'committed' }])
})

test('after kill -9 of the owner and of PostgreSQL too', async () => {
  const owner = await startOwner()
  await query(owner.url, "create table kept as select 'committed' as what")
  owner.child.kill('SIGKILL')
  process.kill((await runningPostgres(dataDir)) as number, 'SIGKILL')
  await owner.exited
  const { url } = await start()
  expect(await query(url, 'table kept')).toEqual([{ what: 'committed' }])
})

test('another live owner is left alone, and named', async () => {
  const owner = await startOwner()
  const message = await refusal()
  expect(message).toContain(`Another Nudge (pid ${owner.child.pid}) is using DATA_DIR ${dataDir}`)
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])

  owner.child.kill('SIGTERM')
  await owner.exited
  await start()
})

test('a start while the previous owner is just stopping waits for it', async () => {
  const owner = await startOwner()
  const next = start()
  // The next one has come to the door: two connections beside ours.
  const visitors = "select from pg_stat_activity where application_name like 'nudge %'"
  while ((await query(owner.url, visitors)).length < 2) {}
  owner.child.kill('SIGTERM')
  expect(await query((await next).url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('of several that start at the same moment on a new folder exactly one gets it', async () => {
  const owners = await Promise.allSettled([startOwner(), startOwner(), startOwner()])
  const winners = owners.filter((owner) => owner.status === 'fulfilled')
  expect(winners).toHaveLength(1)
  for (const owner of owners) {
    if (owner.status === 'rejected')
      expect(owner.reason.message).toMatch(/^Another Nudge \(pid \d+\) is using DATA_DIR/)
  }
  expect(await query(winners[0]?.value.url as string, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a process that exits without stop() takes PostgreSQL along', async () => {
  const owner = await startOwner()
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)}
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    process.exit(3)`
  owner.child.kill('SIGTERM')
  await owner.exited
  // Not asked by its pid: on a busy machine that may belong to another program by now.
  expect(await runningPostgres(dataDir)).toBeUndefined()
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'inherit',
  })
  expect(await once(child, 'exit')).toEqual([3, null])
  while ((await runningPostgres(dataDir)) !== undefined) await delay(20)
})

test('a set-up that was killed half-way is started over', async () => {
  const half = join(dataDir, 'postgres.new-abc')
  await mkdir(join(half, 'cluster', 'base'), { recursive: true })
  await start()
  await expect(stat(half)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a lock file whose pid has become another program is no obstacle', async () => {
  const first = await start()
  await query(first.url, "create table kept as select 'here' as what")
  const lockFile = join(dataDir, 'postgres', 'postmaster.pid')
  const lines = (await readFile(lockFile, 'utf8')).split('\n')
  await first.stop()
  // In a container the pid of a killed server soon is that of something else.
  const other = spawn('sleep', ['1000'], isRoot ? await stat(join(dataDir, 'postgres')) : {})
  children.push(other)
  await writeFile(lockFile, [other.pid, ...lines.slice(1)].join('\n'))

  const second = await start()
  expect(await query(second.url, 'table kept')).toEqual([{ what: 'here' }])
  expect(await isAlive(other.pid as number)).toBe(true)
})

test('folder names may hold anything', async () => {
  const { url } = await start(FAST, join(home, `it's "my" $HOME; folder & ünïcode`))
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a data folder that is a file', async () => {
  await writeFile(dataDir, 'not a folder')
  expect(await refusal()).toBe(
    `DATA_DIR is ${dataDir}, which is a file and not a folder.\nSet DATA_DIR to a folder that this user may write to.`,
  )
  expect(await refusal(join(dataDir, 'below'))).toContain('a part of the path is a file')
})

test('a data folder that cannot be made', async () => {
  // Root may write nearly everywhere, but nobody can make folders here.
  const folder = process.platform === 'linux' ? '/proc/nudge' : '/nudge/data'
  expect(await refusal(folder)).toMatch(
    /^DATA_DIR is .*nudge.*, which cannot be written to: .*\nSet DATA_DIR/,
  )
})

testAsOther('a read-only data folder', async () => {
  await mkdir(dataDir, { mode: 0o500 })
  expect(await refusal()).toContain(`DATA_DIR is ${dataDir}, which cannot be written to: permission denied`)
})

test('data of another PostgreSQL version', async () => {
  await (await start()).stop()
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
  const message = await refusal()
  expect(message).toContain(`${join(dataDir, 'postgres')} was written by PostgreSQL 17`)
  expect(message).toContain('Set DATA_DIR')
})

test('a lost password', async () => {
  await (await start()).stop()
  await rm(join(dataDir, 'postgres.password'))
  expect(await refusal()).toContain(`${join(dataDir, 'postgres.password')} is missing`)
})

test('a PostgreSQL that does not come up shows the end of its log', async () => {
  await (await start()).stop()
  await rm(join(dataDir, 'postgres', 'global', 'pg_control'))
  const message = await refusal()
  expect(message).toContain(join(dataDir, 'postgres.log'))
  expect(message).toContain('could not find the database system')
  expect(await runningPostgres(dataDir)).toBeUndefined()
})

testAsRoot('as root it runs as somebody else, also below a folder that is closed to them', async () => {
  expect((await stat(home)).mode & 0o777).toBe(0o700)
  const { url } = await start()
  const { uid } = await stat(join(dataDir, 'postgres'))
  expect(uid).not.toBe(0)
  await query(url, 'create table written as select 1')
  const status = await readFile(`/proc/${await runningPostgres(dataDir)}/status`, 'utf8')
  expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t`, 'm'))
})

testAsRoot('as root in an open folder it has no capability', async () => {
  const binaries = dirname(dirname(OWNER))
  await chmod(home, 0o755)
  await start()
  const status = await readFile(`/proc/${await runningPostgres(dataDir)}/status`, 'utf8')
  // Unless the clone that the programs are in is closed itself.
  const isOpen = (await Promise.all(upwards(binaries).map((path) => stat(path)))).every(
    ({ mode }) => mode & 0o001,
  )
  if (isOpen) expect(status).toMatch(/^CapEff:\t0+$/m)
})

testAsRoot('as root it takes over a folder whose PostgreSQL user has another uid by now', async () => {
  await (await start()).stop()
  await chown(join(dataDir, 'postgres'), 12345, 12345)
  await start()
})

function upwards(path: string): string[] {
  return path === dirname(path) ? [path] : [path, ...upwards(dirname(path))]
}
