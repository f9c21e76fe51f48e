// The rendered documents: Swagger UI from its own package, with a page, a script and a style sheet of ours around it.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Answer, document } from './answer.ts'

interface Asset {
  type: string
  read(): Promise<Buffer>
}

const ownFile = (name: string) => () => readFile(new URL(`docs/${name}`, import.meta.url))
const swaggerFile = (name: string) => () => readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)))

/** All that is served; a name that is not here is nowhere. */
const assets: Record<string, Asset> = {
  'swagger-ui.css': { type: 'text/css; charset=utf-8', read: swaggerFile('swagger-ui.css') },
  'swagger-ui-bundle.js': { type: 'text/javascript; charset=utf-8', read: swaggerFile('swagger-ui-bundle.js') },
  'favicon-32x32.png': { type: 'image/png', read: swaggerFile('favicon-32x32.png') },
  'page.css': { type: 'text/css; charset=utf-8', read: ownFile('page.css') },
  'page.js': { type: 'text/javascript; charset=utf-8', read: ownFile('page.js') },
}

/** Scripts, styles and calls of this origin only; Swagger UI draws its icons from data: URLs and sets style attributes. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Links carry a hash of what they lead to, so what is there may be kept for ever. */
const forEver = 'public, max-age=31536000, immutable'

export interface DocsPage {
  page(): Promise<Answer>
  /** Undefined where there is no such file. */
  file(name: string): Promise<Answer | undefined>
}

/** Nothing is read before somebody asks: documents must not cost start-up time or idle memory. */
export function createDocsPage(title: string): DocsPage {
  let html: Promise<string> | undefined
  return {
    async page() {
      html ??= render(title)
      const answer = document('text/html; charset=utf-8', await html)
      return { ...answer, headers: { 'Content-Security-Policy': contentSecurityPolicy, 'Cache-Control': 'no-cache' } }
    },
    async file(name) {
      const asset = Object.hasOwn(assets, name) ? assets[name] : undefined
      if (!asset) return undefined
      return { ...document(asset.type, await asset.read()), headers: { 'Cache-Control': forEver } }
    },
  }
}

/** Links begin at the root: they are right at `/docs` and at `/docs/` alike. */
async function render(title: string): Promise<string> {
  const links = await Promise.all(
    Object.entries(assets).map(async ([name, asset]) => {
      const hash = createHash('sha256').update(await asset.read())
      return [name, `/docs/${name}?v=${hash.digest('hex').slice(0, 12)}`] as const
    }),
  )
  const link = Object.fromEntries(links)
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" href="${link['favicon-32x32.png']}">
    <link rel="stylesheet" href="${link['swagger-ui.css']}">
    <link rel="stylesheet" href="${link['page.css']}">
    <script src="${link['swagger-ui-bundle.js']}" defer></script>
    <script src="${link['page.js']}" defer></script>
  </head>
  <body>
    <header>
      <strong>${title}</strong>
      <nav>
        <a href="/openapi.json">openapi.json</a>
        <a href="/asyncapi.json">asyncapi.json</a>
      </nav>
    </header>
    <main id="swagger-ui"><noscript>This page needs JavaScript; openapi.json says the same without it.</noscript></main>
  </body>
</html>
`
}
