import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'

export const ROOT = join(import.meta.dirname, '../../..')

/** The ts and js blocks of a page, in order; of its part after `heading` when that is given. */
export async function blocksOf(path: string, heading = ''): Promise<string[]> {
  const page = await readFile(join(ROOT, path), 'utf8')
  const at = page.indexOf(heading)
  if (at < 0) throw new Error(`${path} has no ${heading}`)
  return [...page.slice(at).matchAll(/^```(?:ts|js)\n(.*?)^```$/gms)].map(([, code]) => code as string)
}

/**
 * One program of several blocks: each sees what the ones before have declared, and may declare it anew. Imports of
 * values become dynamic, as they are not at the top any more; those of types go to the top.
 */
export function programOf(blocks: string[]): string {
  const types: string[] = []
  const scopes = blocks.map((block) =>
    block
      .replace(/^import type .*$/gm, (line) => {
        types.push(line)
        return ''
      })
      .replace(/^export (?=function|const|class)/gm, '')
      .replace(/^import (\{[^}]*\}) from ('[^']*')$/gm, 'const $1 = await import($2)'),
  )
  return [...new Set(types), ...scopes.map((scope) => `{\n${scope}`), '}'.repeat(scopes.length)].join('\n')
}

/** A folder in which `nudge-sdk` is installed, as npm would do it: what is built, found by the package's exports. */
export class Project {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'nudge-project-'))
    const modules = join(folder, 'node_modules')
    await mkdir(join(modules, 'react'), { recursive: true })
    await mkdir(join(modules, '@types'))
    await symlink(join(ROOT, 'sdk'), join(modules, 'nudge-sdk'))
    await symlink(join(ROOT, 'node_modules/mqtt'), join(modules, 'mqtt'))
    await symlink(join(ROOT, 'node_modules/@types/node'), join(modules, '@types/node'))
    await writeFile(join(modules, 'react/package.json'), JSON.stringify(REACT.package))
    await writeFile(join(modules, 'react/index.js'), REACT.script)
    await writeFile(join(modules, 'react/index.d.ts'), REACT.types)
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    return new Project(folder)
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  /** Compiles the program, as careful as examples can be that leave out what does not matter. Gives the problems. */
  async check(program: string): Promise<string> {
    await writeFile(join(this.folder, 'program.ts'), `${program}\nexport {}\n`)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable'],
      types: ['node'],
      strict: true,
      noImplicitAny: false,
      strictNullChecks: false,
      useUnknownInCatchVariables: false,
      noEmit: true,
    }
    await writeFile(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['program.ts'] }),
    )
    const { output } = await run([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], this.folder)
    return output
  }

  /** Runs the program in a process of its own. Rejects when it fails; gives what it printed. */
  async run(program: string, name = 'program.mjs'): Promise<string> {
    const { code } = await transform(program, { loader: 'ts', format: 'esm' })
    await writeFile(join(this.folder, name), code)
    const { output, exitCode } = await run([name], this.folder)
    if (exitCode !== 0) throw new Error(`the program ended with ${exitCode}:\n${output}`)
    return output
  }
}

/** How long (ms) a program may take. */
const LIMIT_MS = 60_000

/** Runs Node.js without jest's flags. */
export async function run(args: string[], cwd: string): Promise<{ output: string; exitCode: number | null }> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { output, exitCode }
}

/** As much of React as the examples use. */
const REACT = {
  package: { name: 'react', type: 'module', exports: { types: './index.d.ts', default: './index.js' } },
  script: 'export const useSyncExternalStore = (subscribe, getSnapshot) => getSnapshot()\n',
  types:
    'export function useSyncExternalStore<T>(subscribe: (onChange: () => void) => () => void, getSnapshot: () => T): T\n',
}
