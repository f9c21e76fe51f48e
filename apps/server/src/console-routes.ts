// The web console as it was built: its page at `/` and its files under `/assets`. Nothing is read before somebody asks.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { contract } from '@waybill/contracts'
import { type Answer, document, type Route, refuse, routesOf } from '@waybill/platform/http'
import Joi from 'joi'

const html = 'text/html'
const fileParams = Joi.object<{ file: string }>({ file: Joi.string().max(100).required() })

/** Rows for the console that lies in `folder`, a URL that ends with a slash. */
export function consoleRoutes(folder: URL): Route[] {
  const route = routesOf('console')
  return [
    route({
      verb: 'get',
      path: '/',
      access: 'public',
      limit: 'none',
      contract: contract({
        name: 'showConsole',
        summary: 'The web console',
        answers: { 200: { description: 'The page', raw: { [html]: Joi.any() } } },
        errors: [],
      }),
      controller: () => answerPage(folder),
    }),
    route({
      verb: 'get',
      path: '/assets/:file',
      access: 'public',
      limit: 'none',
      contract: contract({
        name: 'readConsoleFile',
        summary: 'A file of the web console',
        params: fileParams,
        answers: { 200: { description: 'The file', raw: { '*/*': Joi.any() } } },
        errors: ['ROUTE_NOT_FOUND'],
      }),
      controller: async ({ params, headers }) => {
        const answer = await answerFile(folder, params.file, String(headers['accept-encoding'] ?? ''))
        if (!answer) throw refuse('ROUTE_NOT_FOUND', `there is no ${params.file} under /assets`)
        return answer
      },
    }),
  ]
}

/** What the page carries where each answer puts a nonce of its own: see vite.config.ts. */
const noncePlaceholder = '__WAYBILL_NONCE__'

/** Scripts, calls and pictures of this origin only. Style sheets that the page makes as it runs carry the nonce of this answer. */
const policyWith = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

async function answerPage(folder: URL): Promise<Answer> {
  const page = await unlessMissing(readFile(new URL('index.html', folder), 'utf8'))
  if (page === undefined)
    return { ...document(`${html}; charset=utf-8`, notBuilt, 503), headers: { 'Cache-Control': 'no-cache' } }
  const nonce = randomBytes(16).toString('base64url')
  const headers = { 'Content-Security-Policy': policyWith(nonce), 'Cache-Control': 'no-cache' }
  return { ...document(`${html}; charset=utf-8`, page.replaceAll(noncePlaceholder, nonce)), headers }
}

const notBuilt = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Waybill: the console is not built</title>
  </head>
  <body>
    <h1>The web console is not built here</h1>
    <p>Build it with <code>npm run console</code> in Waybill's folder, then load this page again.</p>
    <p>The API works without it: <a href="/docs">its documents</a> show every call.</p>
  </body>
</html>
`

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Names carry a hash of what is in them, so it may be kept for ever. */
const forEver = 'public, max-age=31536000, immutable'
/** The best first: how files are kept besides as they are. */
const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
]

/** Undefined where there is no such file; a name can lead nowhere else. */
async function answerFile(folder: URL, name: string, accepted: string): Promise<Answer | undefined> {
  const type = types[extname(name)]
  if (type === undefined || !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) return undefined
  const taken = encodings.filter(encoding =>
    new RegExp(`\\b${encoding.name}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted),
  )
  for (const encoding of [...taken, undefined]) {
    const url = new URL(`assets/${name}${encoding?.ending ?? ''}`, folder)
    const found = await unlessMissing(stat(url))
    if (!found?.isFile()) continue
    const headers: Record<string, string> = { 'Cache-Control': forEver, Vary: 'Accept-Encoding' }
    if (encoding) headers['Content-Encoding'] = encoding.name
    return { kind: 'file', status: 200, type, length: found.size, open: async () => createReadStream(url), headers }
  }
  return undefined
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
