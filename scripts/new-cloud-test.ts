// Of `npm run new-cloud`: puts NEWCLOUD through the suite of all clouds.
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CloudFiles, openCloud, putRecords, startContext } from '../services/data/test/clouds/cloud-under-test.ts'
import { describeCloud } from '../services/data/test/clouds/conformance.ts'

// Behind a `gate` (fault-gate.ts) the suite also makes trouble on the network, as it does for AWS in aws.test.ts.
describeCloud('newcloud', async () => {
  const context = await startContext()
  const folder = join(context.home, 'suite')
  const [objects, uploads] = [join(folder, 'objects'), join(folder, 'uploads')]
  for (const path of [objects, uploads]) await mkdir(path, { recursive: true })
  const settings = { folder: context.home, bucket: 'suite' }
  const wrongSettings = { ...settings, bucket: 'not-there' }
  let puts = 0
  const files: CloudFiles = {
    leastPartBytes: 0,
    put: async (path, content) => {
      const written = join(folder, String(++puts))
      await writeFile(written, content)
      await rename(written, join(objects, encodeURIComponent(path)))
    },
  }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('newcloud', settings, context),
    refused: await openCloud('newcloud', wrongSettings, context),
    put: putRecords(files),
    files,
    remains: async (account, processId) => {
      const names = [...(await readdir(objects)), ...(await readdir(uploads))]
      return names.filter(name => decodeURIComponent(name).startsWith(`${account}/.waybill/${processId}/`)).length
    },
    stop: context.close,
  }
})
