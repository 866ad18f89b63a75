import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `npm run dev -w web` finds the API: what it serves is passed on, so that the page is of one origin. */
const API = process.env.NUDGE_API ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the files work below any path.
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html'].map((page) => join(import.meta.dirname, page)),
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/v1', '/oauth', '/gateHandler', '/Emoji', '/docs', '/openapi.json'].map((path) => [path, API]),
    ),
  },
})
