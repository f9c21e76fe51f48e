// The console's page and files as a browser asks for them: what may be loaded, kept and found, and what is not there.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consoleRoutes } from '../src/console-routes.ts'

let host: TestHost
let folder: string

const page = '<meta nonce="__WAYBILL_NONCE__"><script nonce="__WAYBILL_NONCE__" src="/assets/index-abc.js"></script>'
const script = 'document.title = "Waybill"\n'.repeat(50)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-console-'))
  host = await startService([], { pages: consoleRoutes(pathToFileURL(`${folder}/dist/`)) })
})
afterAll(async () => {
  await host.stop()
  await rm(folder, { recursive: true })
})

test('where the console is not built, the page says how to build it, and the API is there', async () => {
  const { status, headers, text } = await call(host.url, 'GET /')
  expect([status, headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8'])
  expect(text).toContain('npm run console')
  expect((await call(host.url, 'GET /assets/index-abc.js')).status).toBe(404)
  expect((await call(host.url, 'GET /healthz')).status).toBe(200)
})

test('once it is built, the page is served without a new start: never kept, from this origin only, with a nonce of its own each time', async () => {
  await build()
  const first = await call(host.url, 'GET /')
  const second = await call(host.url, 'GET /')
  expect(first.status).toBe(200)
  expect(first.headers.get('cache-control')).toBe('no-cache')
  const nonce = /'nonce-([^']+)'/.exec(first.headers.get('content-security-policy')!)![1]!
  expect(first.headers.get('content-security-policy')!.split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  expect(first.text).toBe(page.replaceAll('__WAYBILL_NONCE__', nonce))
  expect(second.text).not.toBe(first.text)
})

test.each([
  ['br, gzip', 'br', brotliDecompressSync],
  ['gzip, deflate', 'gzip', gunzipSync],
  ['gzip, br;q=0', 'gzip', gunzipSync],
  ['identity', undefined, (bytes: Buffer) => bytes],
])('a browser that takes %s is given the file in %s, to be kept for ever', async (accepted, encoding, unpack) => {
  await build()
  const { status, headers, bytes } = await get('/assets/index-abc.js', { 'Accept-Encoding': accepted })
  expect(status).toBe(200)
  expect(headers['content-encoding']).toBe(encoding)
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
    'content-length': String(bytes.length),
  })
  expect(unpack(bytes).toString()).toBe(script)
})

test.each([
  '/assets/other-abc.js',
  '/assets/index-abc.js.br',
  '/assets/..%2findex.html',
  '/assets/../index.html',
  '/assets/..%5cindex.html',
  '/assets/.hidden.js',
  '/assets/folder.js',
  '/assets/index-abc.js%00.png',
  '/assets/',
  '/assets',
  '/index.html',
  '/nothing',
])('%s is not there', async path => {
  await build()
  const { status, bytes } = await get(path)
  expect([status, JSON.parse(bytes.toString()).code]).toEqual([404, 'ROUTE_NOT_FOUND'])
})

test('the page takes no other verb', async () => {
  const { status, headers } = await call(host.url, 'POST /', { body: {} })
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

async function build(): Promise<void> {
  await mkdir(join(folder, 'dist/assets/folder.js'), { recursive: true })
  const files = {
    'index.html': page,
    'assets/index-abc.js': script,
    'assets/index-abc.js.br': brotliCompressSync(script),
    'assets/index-abc.js.gz': gzipSync(script),
    'assets/.hidden.js': script,
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'dist', name), bytes)
}

/** The path as it is, and the bytes as they come; `fetch` would tidy the one and unpack the other. */
function get(path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
    const { hostname, port } = new URL(host.url)
    request({ hostname, port, path, headers }, async response => {
      const bytes = Buffer.concat(await Array.fromAsync(response))
      resolve({ status: response.statusCode!, headers: response.headers, bytes })
    })
      .on('error', reject)
      .end()
  })
}
