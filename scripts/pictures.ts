// The pictures of the documentation as SVG: drawn from docs/pictures/*.mmd (Mermaid) and a recorded terminal, those of states from the tables that the code runs on, and the simulated day.
import { readdir, readFile } from 'node:fs/promises'
import { renderMermaidSVG } from 'beautiful-mermaid'
import { makeAwsScalingPicture, makeScalingPicture } from '../test/scaling/scaling-page.ts'
import { stateDiagrams } from './state-diagrams.ts'
import { terminalPicture } from './terminal-picture.ts'

const folder = new URL('../docs/pictures/', import.meta.url)

/** Every picture by its file name under `docs/pictures`. */
export async function makePictures(): Promise<Record<string, string>> {
  const drawn = (await readdir(folder)).filter(name => name.endsWith('.mmd')).sort()
  const sources = await Promise.all(
    drawn.map(async name => [name.replace('.mmd', ''), await readFile(new URL(name, folder), 'utf8')] as const),
  )
  const terminal = await terminalPicture(await readFile(new URL('terminal.cast', folder), 'utf8'))
  return {
    ...Object.fromEntries(
      [...sources, ...Object.entries(stateDiagrams())].map(([name, source]) => [`${name}.svg`, picture(source)]),
    ),
    'terminal.svg': terminal,
    'scaling.svg': makeScalingPicture(),
    'scaling-aws.svg': makeAwsScalingPicture(),
  }
}

const light = { bg: '#ffffff', fg: '#1f2328', muted: '#424a53', line: '#818b98', accent: '#0969da', border: '#818b98' }
const dark = { bg: '#0d1117', fg: '#e6edf3', muted: '#b1bac4', line: '#768390', accent: '#58a6ff', border: '#545d68' }

/**
 * The first line of a source is a comment, and the title. The picture has a ground of its own and the colours of the reader's
 * preference: an SVG in an <img> knows it. A style attribute would go before both, and no <img> loads anything from elsewhere.
 */
function picture(source: string): string {
  const properties = (colours: object) =>
    Object.entries(colours)
      .map(([name, colour]) => `--${name}: ${colour};`)
      .join(' ')
  const [, title, diagram] = /^%% (.+)\n([\s\S]+)$/.exec(source)!
  const svg = renderMermaidSVG(diagram!, light)
    .replace(/ style="--bg:[^"]*"/, '')
    .replace(/\n\s*@import [^\n]*/, '')
    .replace(
      '<style>',
      `<title>${title}</title>\n<style>\n  svg { ${properties(light)} background: var(--bg); }\n  @media (prefers-color-scheme: dark) { svg { ${properties(dark)} } }`,
    )
  return `${svg.trimEnd()}\n`
}
