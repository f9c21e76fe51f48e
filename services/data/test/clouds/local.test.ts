import { linkSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type CloudFiles, type CloudUnderTest, openCloud, putRecords, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'

describeCloud('local', async (): Promise<CloudUnderTest> => {
  const context = await startContext()
  const root = join(context.home, 'clouds', 'local')
  const settings = { root }
  const wrongSettings = { root: join(context.home, 'not-there') }
  const absent = await openCloud('local', wrongSettings, context)
  let age = 0
  const files: CloudFiles = {
    leastPartBytes: 0,
    put: async (path, content) => {
      const file = join(root, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
      // Two files of the same length in the same millisecond are told apart by nothing else.
      const { mtimeMs } = await stat(file)
      await utimes(file, mtimeMs / 1_000, (mtimeMs + ++age) / 1_000)
    },
  }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('local', {}, context),
    ...{ refused: absent, missing: absent },
    put: putRecords(files),
    files,
    remains: async (account, processId) =>
      (await readdir(join(root, account, '.waybill', processId)).catch(() => [])).length,
    stop: context.close,
  }
})

test('100,000 datasets of a folder are listed, and one among them is read', async () => {
  const context = await startContext()
  const folder = join(context.home, 'clouds', 'local', 'many')
  await mkdir(folder, { recursive: true })
  const names = Array.from({ length: 100_000 }, (_, at) => `d${String(at).padStart(6, '0')}`)
  // Links are quicker than files; one file has no more than 65,000.
  const contents = ['one', 'two'].map(name => join(context.home, name))
  for (const content of contents) writeFileSync(content, '{"id":1}\n')
  for (const [at, name] of names.entries()) linkSync(contents[at % 2]!, join(folder, `${name}.ndjson`))
  const cloud = await openCloud('local', {}, context)
  expect((await cloud.listDatasets('many')).map(({ name }) => name)).toEqual(names)
  expect(await cloud.getData('many', names.at(-1)!, undefined, 10)).toEqual({ records: ['{"id":1}'], next: null })
  await context.close()
}, 60_000)
