// The console as people meet it: the real server, started as `npm start` does, and a real browser that walks it.
import { existsSync } from 'node:fs'
import { type Credentials, Waybill } from '@waybill/sdk'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'

/** Chromium without its windows and buttons: their own pages, one for each visitor, took as long as ours. */
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
const executable = process.env.CHROMIUM ?? browsers.find(existsSync) ?? browsers[0]!

/** Without it the suites of screens are skipped, and say so; WAYBILL_ENGINES=required makes that a failure. */
export const hasBrowser = existsSync(executable)
if (!hasBrowser) {
  const told = `the web console was not tested in a browser, there is no ${executable} (npm run engines installs it)`
  if (process.env.WAYBILL_ENGINES === 'required') throw new Error(told)
  process.stderr.write(`SKIPPED: ${told}\n`)
}

export const password = 'correct horse battery'
const options = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]
const actionMilliseconds = 10_000

export interface Visitor {
  readonly page: Page
  /** What the browser complained about: broken rules of the page's policy, errors that nobody caught. */
  readonly complaints: string[]
}

export interface VisitOptions extends BrowserContextOptions {
  /** Somebody who is signed in already. */
  as?: Customer
  /** Run in the page before its own scripts. */
  before?: string
}

export interface Customer {
  readonly email: string
  readonly waybill: Waybill
  /** As the console keeps it: of now, for a token that was refreshed must not be used again. */
  readonly session: string
}

export interface RunningConsole {
  readonly url: string
  readonly browser: Browser
  server(): RunningServer
  /** Starts the server anew on the same files and the same port. */
  restart(): Promise<void>
  newCustomer(cloud?: string): Promise<Customer>
  /** The one that the first start made. */
  operator(): Promise<Customer>
  /** A browser of their own, until `leave`: nothing is shared with other visitors. */
  visit(path: string, options?: VisitOptions): Promise<Visitor>
  /** All visitors are gone. */
  leave(): Promise<void>
  stop(): Promise<void>
}

export async function startConsole(env: Record<string, string> = {}): Promise<RunningConsole> {
  const { home, remove } = await newHome()
  const [first, browser] = await Promise.all([
    runServer(home, env),
    chromium.launch({ executablePath: executable, args: options }),
  ])
  let server = first
  const { url } = server
  let customers = 0
  return {
    url,
    browser,
    server: () => server,
    async restart() {
      server = await runServer(home, { ...env, PORT: new URL(url).port })
    },
    async newCustomer(cloud) {
      const email = `customer-${++customers}@example.com`
      await new Waybill({ server: url }).signUp({ name: 'Ada Lovelace', email, password, cloud })
      return signIn(url, { email, password })
    },
    operator: () => signIn(url, first.operator!),
    async visit(path, { as, before, ...contextOptions } = {}) {
      const localStorage = as ? [{ name: 'waybill.session', value: as.session }] : []
      const context = await browser.newContext({
        ...contextOptions,
        reducedMotion: 'reduce',
        storageState: { cookies: [], origins: [{ origin: url, localStorage }] },
      })
      context.setDefaultTimeout(actionMilliseconds)
      if (before) await context.addInitScript(before)
      const page = await context.newPage()
      const complaints = listenFor(page)
      await page.goto(`${url}/#${path}`)
      return { page, complaints }
    },
    async leave() {
      await Promise.all(browser.contexts().map(context => context.close()))
    },
    async stop() {
      await browser.close()
      await server.stop()
      await remove()
    },
  }
}

export async function signIn(server: string, credentials: Credentials): Promise<Customer> {
  let session = ''
  const waybill = new Waybill({ server, tokens: keeper(text => (session = text)) })
  await waybill.signIn(credentials)
  return {
    email: credentials.email,
    waybill,
    get session() {
      return session
    },
  }
}

function keeper(write: (session: string) => void) {
  let kept: Parameters<NonNullable<ConstructorParameters<typeof Waybill>[0]['tokens']>['save']>[0]
  return {
    load: () => kept,
    save(tokens: typeof kept) {
      kept = tokens
      write(JSON.stringify(tokens))
    },
  }
}

/** Answers of 4xx are part of some journeys; the browser tells of them, too. */
function listenFor(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  return complaints
}
