import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const clouds = new URL('../../src/clouds/', import.meta.url)
const sdks = /^(@aws-sdk|@smithy|@azure|@google-cloud)\/|^google-auth-library/

/** What is imported by a process that runs `code` with `findDriver` at hand. */
async function importsOf(code: string): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module'
    const imported = []
    registerHooks({ resolve: (name, context, next) => { imported.push(name); return next(name, context) } })
    const { findDriver } = await import(${JSON.stringify(new URL('factory.ts', clouds).href)})
    ${code}
    process.stdout.write(JSON.stringify(imported))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return JSON.parse(stdout)
}

test('a process that knows every driver has loaded no SDK of a vendor', async () => {
  const drivers = (await readdir(new URL('drivers/', clouds))).map(file => file.replace('.ts', ''))
  const imported = await importsOf(`for (const name of ${JSON.stringify(drivers)}) await findDriver(name)`)
  expect(imported).toContain('joi')
  expect(imported.filter(name => sdks.test(name))).toEqual([])
})

test('one that opens a cloud has loaded that of its vendor', async () => {
  const settings = { container: 'waybill', account: 'waybill', key: 'a2V5' }
  const imported = await importsOf(`
    await (await findDriver('azure')).create('AZURE', ${JSON.stringify(settings)}, { patience: { tries: 1 } })`)
  expect(imported).toContain('@azure/storage-blob')
  expect(imported.filter(name => sdks.test(name) && !name.startsWith('@azure/'))).toEqual([])
})
