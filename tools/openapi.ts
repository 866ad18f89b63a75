import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeApi } from '../api/http/describe.js'

/** Renews docs/openapi.json: node --import tsx tools/openapi.ts */
const root = join(import.meta.dirname, '..')
const file = join(root, 'docs/openapi.json')
await writeFile(file, JSON.stringify(describeApi([]).document))
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
const { status } = spawnSync(process.execPath, [biome, 'format', '--write', file], { stdio: 'inherit' })
process.exitCode = status ?? 1
