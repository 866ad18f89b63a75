import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin, type Rolldown, type UserConfig } from 'vite'

/** Where `npm run dev -w web` finds the API: what it serves is passed on, so that the page is of one origin. */
const API = process.env.NUDGE_API ?? 'http://127.0.0.1:8080'

export default defineConfig(({ command }) => {
  // What is built is what people run, whatever NODE_ENV says to others: jest sets it, for one.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return config
})

const config: UserConfig = {
  root: import.meta.dirname,
  // Relative, so that the files work below any path.
  base: './',
  plugins: [react(), serviceWorker()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'groupConversation.html'].map((page) => join(import.meta.dirname, page)),
      output: {
        codeSplitting: {
          groups: [
            // Stays the same from version to version of ours.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            // Left to itself, the bundler makes dozens of crumbs.
            { name: 'common', minShareCount: 2, test: /\.(tsx?|m?js)$/ },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/v1', '/oauth', '/gateHandler', '/Emoji', '/docs', '/openapi.json', '^/embedding(\\?|$)'].map(
        (path) => [path, API],
      ),
    ),
  },
}

/**
 * Makes `service-worker.js`, and tells it which files the app consists of and how to tell this version from others.
 * Its name stays the same, for browsers look there for a newer one.
 */
function serviceWorker(): Plugin {
  const fileName = 'service-worker.js'
  let publicDir = ''
  return {
    name: 'nudge-service-worker',
    apply: 'build',
    configResolved(config) {
      publicDir = config.publicDir
    },
    buildStart() {
      this.emitFile({
        type: 'chunk',
        id: join(import.meta.dirname, 'src/offline/service-worker.ts'),
        fileName,
      })
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[fileName]
        if (worker?.type !== 'chunk') throw new Error(`there is no ${fileName}`)
        if (worker.imports.length > 0) throw new Error(`${fileName} must stand alone`)
        const page = bundle['index.html']
        if (page?.type !== 'asset') throw new Error('there is no index.html')
        const html = String(page.source)
        const beside = readdirSync(publicDir).filter((file) => html.includes(`"./${file}"`))
        const files = [...filesOf(bundle, 'index.html'), ...beside].sort()
        const hash = createHash('sha256').update(worker.code).update(files.join()).update(html)
        for (const file of beside) hash.update(readFileSync(join(publicDir, file)))
        worker.code = worker.code
          .replaceAll('APP_FILES', JSON.stringify(files))
          .replaceAll('APP_VERSION', JSON.stringify(hash.digest('hex').slice(0, 12)))
      },
    },
  }
}

/** The scripts, styles and pictures that a page may ever load, the page itself left out. */
function filesOf(bundle: Rolldown.OutputBundle, page: string): Set<string> {
  const files = new Set<string>()
  const add = (chunk: Rolldown.OutputChunk) => {
    if (files.has(chunk.fileName)) return
    files.add(chunk.fileName)
    for (const file of chunk.viteMetadata?.importedCss ?? []) files.add(file)
    for (const file of chunk.viteMetadata?.importedAssets ?? []) files.add(file)
    for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
      const imported = bundle[name]
      if (imported?.type === 'chunk') add(imported)
    }
  }
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === 'chunk' && chunk.facadeModuleId?.endsWith(`/${page}`)) add(chunk)
  }
  if (files.size === 0) throw new Error(`there is no ${page}`)
  return files
}
