// The rendered documents: calls by Swagger UI from its own package, events by a page of ours that needs no script.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Answer, document } from './answer.ts'
import type { AsyncApiDocument } from './asyncapi.ts'
import { renderEvents } from './events-page.ts'

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
  'events.css': { type: 'text/css; charset=utf-8', read: ownFile('events.css') },
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
  /** Calls. */
  page(): Promise<Answer>
  events(): Promise<Answer>
  /** Undefined where there is no such file. */
  file(name: string): Promise<Answer | undefined>
}

/** Nothing is read before somebody asks: documents must not cost start-up time or idle memory. */
export function createDocsPage(title: string, asyncApi: () => AsyncApiDocument): DocsPage {
  const calls = renderedOnce(async () => {
    const link = await linksToAssets()
    return frame(title, link, {
      head: `
    <link rel="stylesheet" href="${link['swagger-ui.css']}">
    <link rel="stylesheet" href="${link['page.css']}">
    <script src="${link['swagger-ui-bundle.js']}" defer></script>
    <script src="${link['page.js']}" defer></script>`,
      main: '<main id="swagger-ui"><noscript>This page needs JavaScript; openapi.json says the same without it.</noscript></main>',
    })
  })
  const events = renderedOnce(async () => {
    const link = await linksToAssets()
    return frame(`${title}: events`, link, {
      head: `
    <link rel="stylesheet" href="${link['page.css']}">
    <link rel="stylesheet" href="${link['events.css']}">`,
      main: `<main class="events">\n${renderEvents(asyncApi())}\n    </main>`,
    })
  })
  return {
    page: calls,
    events,
    async file(name) {
      const asset = Object.hasOwn(assets, name) ? assets[name] : undefined
      if (!asset) return undefined
      return { ...document(asset.type, await asset.read()), headers: { 'Cache-Control': forEver } }
    },
  }
}

function renderedOnce(render: () => Promise<string>): () => Promise<Answer> {
  let html: Promise<string> | undefined
  return async () => {
    html ??= render()
    const answer = document('text/html; charset=utf-8', await html)
    return { ...answer, headers: { 'Content-Security-Policy': contentSecurityPolicy, 'Cache-Control': 'no-cache' } }
  }
}

/** Links begin at the root: they are right at `/docs` and at `/docs/` alike. */
async function linksToAssets(): Promise<Record<string, string>> {
  const links = await Promise.all(
    Object.entries(assets).map(async ([name, asset]) => {
      const hash = createHash('sha256').update(await asset.read())
      return [name, `/docs/${name}?v=${hash.digest('hex').slice(0, 12)}`] as const
    }),
  )
  return Object.fromEntries(links)
}

function frame(title: string, link: Record<string, string>, { head, main }: { head: string; main: string }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" href="${link['favicon-32x32.png']}">${head}
  </head>
  <body>
    <header>
      <strong>${title}</strong>
      <nav>
        <a href="/docs">Calls</a>
        <a href="/docs/events">Events</a>
        <a href="/openapi.json">openapi.json</a>
        <a href="/asyncapi.json">asyncapi.json</a>
      </nav>
    </header>
    ${main}
  </body>
</html>
`
}
