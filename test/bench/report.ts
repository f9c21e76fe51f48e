// Figures as a table and a verdict, for people at a terminal and for the pages in docs.
import { type Figure, isMet, median, ratioOf, spreadOf, type Unit } from './figures.ts'
import type { ScenarioResult } from './scenario.ts'

const columns = ['figure', 'ours', 'spread', 'floor', 'ratio', 'goal', 'met'] as const

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'none'
  const size = Math.abs(value)
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}

export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'count':
      return formatNumber(Math.round(value))
    case 'number':
      return formatNumber(value)
    case 'share':
      return `${formatNumber(value * 100)} %`
    case '/s':
      return `${formatNumber(value)}/s`
    default:
      return `${formatNumber(value)} ${unit}`
  }
}

function formatGoal({ goal, unit }: Figure): string {
  if (!goal) return ''
  const sign = goal.bound === 'at least' ? '≥' : '≤'
  return goal.of === 'floor' ? `${sign} ${goal.limit} × floor` : `${sign} ${formatValue(goal.limit, unit)}`
}

function cellsOf(figure: Figure): string[] {
  const { name, unit, ours, floor } = figure
  const ratio = ratioOf(figure)
  const met = isMet(figure)
  return [
    name,
    formatValue(median(ours), unit),
    ours.length > 1 ? `${Math.round(spreadOf(figure) * 100)} %` : '',
    floor ? `${formatValue(median(floor.samples), unit)} (${floor.name})` : '',
    ratio === undefined ? '' : formatNumber(ratio),
    formatGoal(figure),
    met === undefined ? '' : met ? 'yes' : 'NO',
  ]
}

/** For a terminal. */
export function renderText({ title, figures, notes }: ScenarioResult): string {
  const rows = [[...columns], ...figures.map(cellsOf)]
  const widths = columns.map((_, i) => Math.max(...rows.map(row => row[i]!.length)))
  const lines = rows.map(row =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
  return [`\n${title}`, ...lines.map(line => `  ${line.trimEnd()}`), ...notes.map(note => `  - ${note}`), ''].join('\n')
}

/** Which goals are met, and of the others by how much not; a line each. */
export function renderVerdict(results: ScenarioResult[]): string[] {
  const judged = results.flatMap(({ title, figures }) =>
    figures.filter(({ goal }) => goal).map(figure => ({ title, figure })),
  )
  if (judged.length === 0) return []
  const missed = judged.filter(({ figure }) => !isMet(figure))
  return [
    `Goals: ${judged.length - missed.length} of ${judged.length} are met.`,
    ...missed.map(({ title, figure }) => `NOT met: ${title}: ${figure.name}: ${describeMiss(figure)}.`),
  ]
}

function describeMiss(figure: Figure): string {
  const goal = figure.goal!
  const measured = goal.of === 'floor' ? ratioOf(figure) : median(figure.ours)
  if (measured === undefined || Number.isNaN(measured)) return `not measured, goal ${formatGoal(figure)}`
  const shown =
    goal.of === 'floor' ? `${formatNumber(measured)} × ${figure.floor?.name}` : formatValue(measured, figure.unit)
  const factor = goal.bound === 'at least' ? goal.limit / measured : measured / goal.limit
  return `${shown}, goal ${formatGoal(figure)}: ${describeFactor(factor)}`
}

/** A goal of none at all is missed by no factor. */
function describeFactor(factor: number): string {
  return Number.isFinite(factor) ? `a factor of ${formatNumber(factor)} away` : 'none was allowed'
}

interface Page {
  results: ScenarioResult[]
  /** What was measured on, a sentence each. */
  about: string[]
  /** The picture's file name beside the page. */
  chart: string | undefined
  /** The names of pages about other topologies. */
  others: string[]
}

/** For a page of docs. */
export function renderMarkdown({ results, about, chart, others }: Page): string {
  const table = ({ title, figures, notes }: ScenarioResult) =>
    [
      `## ${title}`,
      '',
      `| ${columns.join(' | ')} |`,
      '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
      ...figures.map(figure => `| ${cellsOf(figure).join(' | ')} |`),
      '',
      ...notes.map(note => `- ${note}`),
      '',
    ].join('\n')
  return [
    '# Figures',
    '',
    'Written by `npm run bench -- --write`; nothing here is written by hand.',
    ...(others.length > 0 ? [`Other topologies: ${others.map(name => `[${name}](${name}.md)`).join(', ')}.`] : []),
    '',
    ...about.map(line => `- ${line}`),
    '',
    ...renderVerdict(results).map(line => `- ${line}`),
    '',
    ...(chart ? [`![The figures beside their floors](${chart})`, ''] : []),
    ...results.map(table),
  ].join('\n')
}
