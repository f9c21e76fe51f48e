import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'

const names = Array.from({ length: 100_000 }, (_, at) => `d${String(at).padStart(6, '0')}`)
let context: TestContext
let server: Server
let endpoint: string

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs: azurite takes minutes to be filled so far. */
function listBlobs(query: URLSearchParams): string {
  const [from, limit] = [Number(query.get('marker') ?? 0), Number(query.get('maxresults'))]
  const blobs = names.slice(from, from + limit).map(
    name => `<Blob><Name>many/${name}.ndjson</Name><Properties><Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified>
      <Etag>0x8DE49D4A3F1C2B0</Etag><Content-Length>3</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`,
  )
  const next = from + limit < names.length ? String(from + limit) : ''
  return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${endpoint}" ContainerName="waybill">
    <Prefix>many/</Prefix><Delimiter>/</Delimiter><Blobs>${blobs.join('')}</Blobs><NextMarker>${next}</NextMarker>
    </EnumerationResults>`
}

beforeAll(async () => {
  context = await startContext()
  server = createServer(({ url }, response) => {
    const { searchParams } = new URL(url!, endpoint)
    const isShared = searchParams.get('prefix') === '_shared/'
    response.writeHead(200, { 'Content-Type': 'application/xml' })
    response.end(
      isShared ? listBlobs(new URLSearchParams({ marker: '100000', maxresults: '1' })) : listBlobs(searchParams),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}/waybill`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await context.close()
})

test('100,000 datasets of an Azure container are listed page by page', async () => {
  const settings = { container: 'waybill', sas: 'sig=any', endpoint }
  const found = await (await openCloud('azure', settings, context)).listDatasets('many')
  expect(found.map(({ name }) => name)).toEqual(names)
  expect(found[0]).toEqual({ name: 'd000000', bytes: 3, updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5) })
})
