/** `npm run bench -- NAME`: runs one benchmark by hand. Numbers of different runs must not be compared. */
const benches: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  append: () => import('./append.js'),
  group: () => import('./group.js'),
  fanout: () => import('./fanout.js'),
  pull: () => import('./pull.js'),
  e2e: () => import('./e2e.js'),
  idle: () => import('./idle.js'),
  storm: () => import('./storm.js'),
  grow: () => import('./grow.js'),
  latency: () => import('./latency.js'),
  web: () => import('./web.js'),
  'sdk-soak': () => import('./sdk-soak.js'),
}

const name = process.argv[2] ?? ''
const load = benches[name]
if (!load) {
  process.stderr.write(`npm run bench -- NAME, where NAME is one of: ${Object.keys(benches).join(', ')}\n`)
  process.exit(1)
}
// What was started ends with this process, if that ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await (await load()).run()
