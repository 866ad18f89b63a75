import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const SDK = join(import.meta.dirname, '../sdk')

/** What apps may take of the SDK, each as the program that a bundler is given. */
export const APPS = {
  'everything in nudge-sdk': `export * from 'nudge-sdk'`,
  'an app that keeps things in memory': `
    import { createClient } from 'nudge-sdk'
    globalThis.client = createClient({ url: location.origin })`,
  'an app that keeps things in IndexedDB': `
    import { createClient, indexedDbStorage } from 'nudge-sdk'
    globalThis.client = createClient({ url: location.origin, storage: indexedDbStorage() })`,
  'everything in nudge-sdk/yun2win': `export * from 'nudge-sdk/yun2win'`,
} as const

export type App = keyof typeof APPS

export interface Bundle {
  /** Minified. */
  script: string
  /** Files that something of is in it, relative to the root folder. */
  inputs: string[]
  /** Modules that it wants to be given: for browsers there must be none. */
  imports: string[]
  /** Bytes. */
  minified: number
  /** Bytes, as `gzip -9` makes of it. */
  gzipped: number
}

/** Bundles an app from the sources, for browsers, as bundlers of apps do it. */
export async function bundle(app: App): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: APPS[app], resolveDir: SDK },
    absWorkingDir: join(SDK, '..'),
    alias: {
      'nudge-sdk': join(SDK, 'src/index.ts'),
      'nudge-sdk/yun2win': join(SDK, 'src/yun2win/index.ts'),
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  })
  const script = outputFiles[0]?.text ?? ''
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return {
    script,
    inputs: inputs.map(([path]) => path),
    imports: (output?.imports ?? []).map(({ path }) => path),
    minified: Buffer.byteLength(script),
    gzipped: gzipSync(script, { level: 9 }).length,
  }
}

/** `npm run size`: how much a browser has to load. */
async function main(): Promise<void> {
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9)
  process.stdout.write(`${''.padEnd(40)} minified  gzipped\n`)
  for (const app of Object.keys(APPS) as App[]) {
    const line = await bundle(app).then(
      ({ minified, gzipped }) => `${kB(minified)}${kB(gzipped)}`,
      (error: Error) => `  ${error.message.split('\n')[0]}`,
    )
    process.stdout.write(`${app.padEnd(40)}${line}\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
