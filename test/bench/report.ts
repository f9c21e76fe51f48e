// Figures as a table, for people at a terminal and for docs/bench.md.
import { type Figure, isMet, median, ratioOf, spreadOf, type Unit } from './figures.ts'
import type { ScenarioResult } from './scenario.ts'

const columns = ['figure', 'ours', 'spread', 'floor', 'ratio', 'goal', 'met'] as const

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'none'
  const size = Math.abs(value)
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}

function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'count':
      return formatNumber(Math.round(value))
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

/** For docs/bench.md. */
export function renderMarkdown(results: ScenarioResult[], about: string[]): string {
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
    '',
    ...about.map(line => `- ${line}`),
    '',
    ...results.map(table),
  ].join('\n')
}
