// Looks at a screen as everybody would: light and dark, on a phone and on a desk; axe finds nothing, and nothing sticks out.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

export const phone = { width: 320, height: 640 }
export const desk = { width: 1_280, height: 800 }
/** CONSOLE_SCREENSHOTS=yes keeps a picture of each, to be looked at. */
const pictures = process.env.CONSOLE_SCREENSHOTS
  ? fileURLToPath(new URL('../screenshots/', import.meta.url))
  : undefined

export async function examine(page: Page, name: string, heading: string): Promise<void> {
  await expect.poll(() => page.title()).toBe(`${heading} · Waybill`)
  expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual([heading])
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source)
  if (pictures) await mkdir(pictures, { recursive: true })
  for (const [place, viewport] of Object.entries({ desk, phone })) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const where = `${name}, ${place}, ${colorScheme}`
      if (pictures) await page.screenshot({ path: `${pictures}${where}.png`.replaceAll(', ', '-'), fullPage: true })
      expect(await widthBeyond(page), where).toBe(0)
      const rules = rulesOf[`${place as 'desk' | 'phone'} ${colorScheme}`]
      if (rules) expect(await findingsOf(page, rules), where).toEqual([])
    }
  }
}

/** Pixels by which the page is wider than what shows it. */
function widthBeyond(page: Page): Promise<unknown> {
  return page.evaluate('Math.max(0, document.documentElement.scrollWidth - innerWidth)')
}

type Rules = { runOnly?: string[] }

/**
 * Between light and dark nothing but colours differs: what else there is to find is found in the light. A phone has no colours
 * that a desk has not. Looking is what these tests spend their time on.
 */
const rulesOf: Record<`${'desk' | 'phone'} ${'light' | 'dark'}`, Rules | undefined> = {
  'desk light': {},
  'desk dark': { runOnly: ['color-contrast', 'link-in-text-block'] },
  'phone light': {},
  'phone dark': undefined,
}

async function findingsOf(page: Page, rules: Rules): Promise<string[]> {
  const options = JSON.stringify({ ...rules, resultTypes: ['violations'] })
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${impact} ${id}: ${html} ${failureSummary}`),
  )
}
