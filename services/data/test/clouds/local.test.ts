import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
    ...{ settings, wrongSettings },
    cloud: await openCloud('local', {}, context),
    ...{ refused: absent, missing: absent },
    put: putRecords(files),
    files,
    remains: async (account, processId) =>
      (await readdir(join(root, account, '.waybill', processId)).catch(() => [])).length,
    stop: context.close,
  }
})
