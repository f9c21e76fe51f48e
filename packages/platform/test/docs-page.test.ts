import { request } from 'node:http'
import { cloudEventSchema, eventCatalogue } from '@waybill/contracts'
import type { Schema } from 'joi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, startService, type TestHost } from '../src/testing/index.ts'
import { echoService } from './echo-service.ts'

let host: TestHost

beforeAll(async () => {
  host = await startService([echoService()])
})
afterAll(() => host.stop())

test('/docs is a page that may load from this origin only, and keeps the other security headers', async () => {
  const { status, headers } = await call(host.url, 'GET /docs')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  const policy = headers.get('content-security-policy')!.split('; ')
  expect(policy).toEqual(
    expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]),
  )
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-frame-options')).toBe('DENY')
})

test('/docs and /docs/ are the same page', async () => {
  expect((await call(host.url, 'GET /docs/')).text).toBe((await call(host.url, 'GET /docs')).text)
})

test('the page has no script of its own text, names no other origin and links to both documents', async () => {
  const { text } = await call(host.url, 'GET /docs')
  expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|https?:|\/\/\w/)
  expect(linksOf(text)).toEqual(expect.arrayContaining(['/docs/events', '/openapi.json', '/asyncapi.json']))
})

test('/docs/events shows every event without a script: who sends and handles it, its facts, and an example that fits', async () => {
  const { status, headers, text } = await call(host.url, 'GET /docs/events')
  expect(status).toBe(200)
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).not.toMatch(/<script|<style|\son\w+=|\sstyle=|href="https?:/)
  for (const [type, { producer, consumers, schema }] of Object.entries(eventCatalogue)) {
    const section = new RegExp(`<section id="${type}">([\\s\\S]*?)</section>`).exec(text)![1]!
    expect(section).toContain(`Sent by <b>${producer}</b>; handled by <b>${consumers.join(', ') || 'nobody'}</b>`)
    const facts = [...section.matchAll(/<td><code>(\w+)<\/code>/g)].map(([, name]) => name)
    const example = JSON.parse(/<pre>([\s\S]*)<\/pre>/.exec(section)![1]!.replaceAll('&quot;', '"'))
    expect(cloudEventSchema.validate(example).error, type).toBeUndefined()
    expect((schema as Schema).validate(example.data).error, type).toBeUndefined()
    expect(Object.keys(example.data)).toEqual(facts)
    expect(JSON.stringify(example), type).not.toContain('…')
  }
})

test('every file that the page loads is there, with its type, and may be kept for ever', async () => {
  const pages = await Promise.all(['GET /docs', 'GET /docs/events'].map(path => call(host.url, path)))
  const files = new Set(pages.flatMap(({ text }) => linksOf(text)).filter(link => link.includes('?v=')))
  expect(files.size).toBe(6)
  for (const file of files) {
    const { status, headers, text } = await call(host.url, `GET ${file}`)
    expect(file).toMatch(/\?v=[0-9a-f]{12}$/)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headers.get('content-type')).toMatch(typesByEnding[file.replace(/^.*\.(\w+)\?.*$/, '$1')]!)
    expect(text.length).toBeGreaterThan(100)
  }
})

test.each([
  '/docs/index.html',
  '/docs/package.json',
  '/docs/swagger-ui-bundle.js.map',
  '/docs/__proto__',
  '/docs/constructor',
  '/docs/../package.json',
  '/docs/../../package.json',
  '/docs/..%2fpackage.json',
  '/docs/%2e%2e%2f%2e%2e%2fpackage.json',
  '/docs/..%5cpackage.json',
  '/docs/page.css%00.png',
  '/docs/sub/page.css',
])('%s is not there', async path => {
  expect(await rawGet(path)).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' })
})

const typesByEnding: Record<string, RegExp> = { css: /^text\/css/, js: /^text\/javascript/, png: /^image\/png$/ }

function linksOf(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!)
}

/** Sends the path as it is; `fetch` would tidy it first. */
function rawGet(path: string): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(host.url)
    request({ hostname, port, path }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, code: JSON.parse(text).code }))
    })
      .on('error', reject)
      .end()
  })
}
