import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'

const names = Array.from({ length: 100_000 }, (_, at) => `d${String(at).padStart(6, '0')}`)
const content = '{"id":1}\n'
const keys = { access_key_id: 'AKIAWAYBILL', secret_access_key: 'an-aws-secret' }
let context: TestContext
let server: Server
let endpoint: string
/** What was listed and read, in order: the prefix, or the key. */
let asked: string[]
/** So many pages are answered; the one behind them never is, the first time. */
let stallBehind: number

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html: the emulator takes minutes to be filled so far. */
function listObjects(query: URLSearchParams): string {
  const [prefix, from] = [query.get('prefix')!, Number(query.get('continuation-token') ?? 0)]
  const found = prefix.startsWith('many/') ? names.filter(name => `many/${name}.ndjson`.startsWith(prefix)) : []
  const next = from + 1_000
  const contents = found.slice(from, next).map(
    name => `<Contents><Key>many/${name}.ndjson</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>
      <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>${content.length}</Size></Contents>`,
  )
  const more = next < found.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>waybill-data</Name><Prefix>${prefix}</Prefix>
    <MaxKeys>1000</MaxKeys><IsTruncated>${more !== ''}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`
}

beforeAll(async () => {
  context = await startContext()
  server = createServer(({ url }, response) => {
    const { pathname, searchParams } = new URL(url!, endpoint)
    const isList = searchParams.has('list-type')
    asked.push(isList ? searchParams.get('prefix')! : pathname)
    if (stallBehind-- === 0) return
    response.writeHead(isList ? 200 : 206, { 'Content-Type': isList ? 'application/xml' : 'application/x-ndjson' })
    response.end(isList ? listObjects(searchParams) : content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
beforeEach(() => {
  asked = []
  stallBehind = Number.POSITIVE_INFINITY
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await context.close()
})

const open = () => openCloud('aws', { bucket: 'waybill-data', region: 'eu-central-1', endpoint, ...keys }, context)

test('100,000 datasets of an S3 bucket are listed page by page', async () => {
  const found = await (await open()).listDatasets('many')
  expect(found.map(({ name }) => name)).toEqual(names)
  expect(found[0]).toEqual({ name: 'd000000', bytes: content.length, updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5) })
  expect(asked.filter(prefix => prefix === 'many/')).toHaveLength(100)
})

test('a page of the list that does not come in time is asked for again, and not those before it', async () => {
  stallBehind = 50
  const found = await (await open()).listDatasets('many')
  expect(found).toHaveLength(names.length)
  const pages = asked.filter(prefix => prefix === 'many/').length
  expect(pages).toBeGreaterThan(100)
  expect(pages).toBeLessThan(110)
})

test('one dataset among them is found without the list of all', async () => {
  const { records } = await (await open()).getData('many', names.at(-1)!, undefined, 10)
  expect(records).toEqual(['{"id":1}'])
  expect(asked).toEqual([`many/${names.at(-1)}.`, `/waybill-data/many/${names.at(-1)}.ndjson`])
})
