import type { Question, Reply } from './load.js'

/** The other end of `startLoad`: answers what the parent asks of `bench/loads/NAME.ts`. */
const module = await import(`../loads/${process.argv[2]}.ts`)

process.on('message', async ({ id, name, argument }: Question) => {
  const [began, before] = [performance.now(), process.cpuUsage()]
  const reply: Reply = { id, busy: 0 }
  try {
    reply.value = await module[name](argument)
  } catch (error) {
    reply.error = String((error as Error).stack ?? error)
  }
  const used = process.cpuUsage(before)
  reply.busy = (used.user + used.system) / 1000 / (performance.now() - began)
  process.send?.(reply)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
