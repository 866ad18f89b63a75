// Adds to package-lock.json the optional platform packages that npm left out.
//
// When a registry (often a mirror) does not offer some platform's build of a package, `npm install`
// drops that build from the lock file, and `npm ci` then refuses the lock as incomplete, on every
// platform. Run `npm run lock` after changing dependencies; it changes nothing when nothing is missing.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))

const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
]
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32']

/** Reads os, cpu and libc off names such as `@swc/core-linux-arm64-gnu`. */
function platformOf(name) {
  const words = name.replace('windows', 'win32').replace('linux32', 'linux').split(/[-/]/)
  const os = OS.filter((word) => words.includes(word))
  const cpu = CPU.filter((word) => words.includes(word))
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : []
  return Object.fromEntries(Object.entries({ cpu, os, libc }).filter(([, found]) => found.length > 0))
}

const added = []
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] || !/^\d/.test(version)) continue
    lock.packages[key] = {
      version,
      ...(parent.dev && { dev: true }),
      optional: true,
      ...platformOf(name),
    }
    added.push(`${name}@${version}`)
  }
}

const { '': root, ...rest } = lock.packages
const byPath = ([a], [b]) => a.localeCompare(b, 'en')
lock.packages = { '': root, ...Object.fromEntries(Object.entries(rest).sort(byPath)) }
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`package-lock.json: ${added.length} platform packages added\n`)
