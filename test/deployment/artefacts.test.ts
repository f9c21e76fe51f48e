// Every artefact knows every service of the registry and no other, and names no setting that the code does not have; each that fell behind is named.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import { expect, test } from 'vitest'
import { registry } from '../../apps/server/src/registry.ts'
import { notOurs, pm2Applications, servicesIn, settingsIn, unknownServices, unknownSettings } from './artefacts.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const registered = Object.keys(registry)
const isSetting = (name: string) => Object.hasOwn(settingsSchema, name)

test('the registry has the services of the contract', () => {
  expect(registered).toEqual([...serviceNames])
})

test('every artefact knows the services of the registry, and no others', () => {
  expect(unknownServices(registered)).toEqual([])
})

test('a fifth service in the registry is missed in every artefact, by name', () => {
  const missing = Object.keys(servicesIn).map(place => `${place}: does not know billing`)
  expect(unknownServices([...registered, 'billing'])).toEqual(missing)
})

test('a service that is gone from the registry is found in every artefact that still has it', () => {
  const left = Object.keys(servicesIn).map(place => `${place}: there is no data`)
  expect(unknownServices(registered.filter(name => name !== 'data'))).toEqual(left)
})

test('no artefact gives a process a setting that the code does not have', () => {
  expect(unknownSettings(isSetting)).toEqual([])
})

test('a setting that is gone from the code is found in every artefact that gives it', () => {
  for (const [place, names] of Object.entries(settingsIn)) {
    const [given] = names()
    const found = unknownSettings(name => isSetting(name) && name !== given)
    expect(found, place).toContain(`${place}: ${given} is no setting`)
  }
})

test('what Jenkins gives to the command line, the command line reads', () => {
  const read = (pattern: string) => globSync(pattern, { cwd: root }).map(path => readFileSync(`${root}${path}`, 'utf8'))
  const given = read('deployment/jenkins/{release,pipeline.groovy}').flatMap(text => text.match(/\bWAYBILL_\w+/g) ?? [])
  const commands = read('apps/cli/src/**/*.ts').join('\n')
  // The name of the image is the pipeline's own.
  const toCommands = new Set(given.filter(name => name !== 'WAYBILL_IMAGE'))
  expect(toCommands.size).toBeGreaterThan(1)
  expect([...toCommands].filter(name => !commands.includes(name))).toEqual([])
})

test('PM2 hands on every setting that there is, and nothing else of the shell that starts it', () => {
  const given = Object.fromEntries(Object.keys(settingsSchema).map(name => [name, 'x']))
  const [application] = pm2Applications({ ...given, PATH: '/bin', HOME: '/root', SHLVL: '1' })
  const handedOn = Object.keys(application!.env).filter(name => !notOurs.includes(name))
  expect(handedOn.sort()).toEqual(Object.keys(given).sort())
})
