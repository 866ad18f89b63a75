import { builtinModules } from 'node:module'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { APPS, type App, type Bundle, bundle } from '../../tools/bundle-size.js'

const bundles = new Map<App, Bundle>()

beforeAll(async () => {
  for (const app of Object.keys(APPS) as App[]) bundles.set(app, await bundle(app))
})

const of = (app: App) => bundles.get(app) as Bundle
const packagesIn = ({ inputs }: Bundle) =>
  new Set(inputs.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))

describe.each(Object.keys(APPS) as App[])('%s', (app) => {
  test('asks for nothing that browsers do not have', () => {
    expect(of(app).imports).toEqual([])
    const polyfills = [...packagesIn(of(app))].filter((name) => builtinModules.includes(name))
    expect(polyfills).toEqual([])
    expect(of(app).script.match(/(?<![.\w])Buffer\b/g)).toBeNull()
  })

  test('comes without the schemas of the server', () => {
    expect(packagesIn(of(app))).not.toContain('zod')
    expect(of(app).inputs.filter((path) => path.startsWith('shared/server/'))).toEqual([])
  })
})

test.each<[app: App, limitKb: number]>([
  ['everything in nudge-sdk', 60],
  ['an app that keeps things in memory', 30],
  ['everything in nudge-sdk/yun2win', 60],
])('%s is smaller than %i kB, gzipped', (app, limitKb) => {
  expect(of(app).gzipped).toBeLessThan(limitKb * 1000)
})

test('what an app does not use is not in its bundle', () => {
  const app = of('an app that keeps things in memory')
  expect(packagesIn(app)).toEqual(new Set())
  expect(app.inputs.filter((path) => /indexed-db|local-storage|mqtt|yun2win/.test(path))).toEqual([])
  expect(app.script.match(/indexedDB|IDBKeyRange|localStorage/gi)).toBeNull()
})

test('what it does use is', () => {
  expect(packagesIn(of('an app that keeps things in IndexedDB'))).toEqual(new Set(['idb']))
  expect(of('everything in nudge-sdk').script.includes('localStorage')).toBe(true)
})
