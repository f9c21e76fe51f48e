// The chart is drawn from the figures alone: what it shows must be what the table says.
import { expect, it } from 'vitest'
import { renderChart } from './chart.ts'

const figures = [
  {
    name: 'accepted <alone>',
    unit: '/s' as const,
    ours: [100, 200, 150],
    floor: { name: 'naive', samples: [75, 75, 75] },
  },
  { name: 'accepted <alone>', unit: '/s' as const, ours: [150], floor: { name: 'sharing', samples: [300] } },
  { name: 'answer p50', unit: 'ms' as const, ours: [4], floor: { name: 'naive', samples: [8] } },
  { name: 'CPU', unit: 'ms' as const, ours: [3], floor: { name: 'naive', samples: [6] }, isDrawn: true as const },
]

function barWidths(svg: string): number[] {
  return [...svg.matchAll(/<rect class="(?:ours|floor)"[^>]* width="([\d.]+)"/g)].map(match => Number(match[1]))
}

it('draws a bar for ours and one for each floor, as long as their medians', () => {
  const svg = renderChart([{ title: 'Orders', figures, notes: [] }], 'Engines')!
  const [ours, naive, sharing] = barWidths(svg)
  expect(barWidths(svg)).toHaveLength(5)
  expect(ours! / sharing!).toBeCloseTo(0.5, 2)
  expect(naive! / sharing!).toBeCloseTo(0.25, 2)
  expect(svg).toContain('150/s ours')
  expect(svg).toContain('accepted &lt;alone&gt;')
  expect(svg).not.toContain('answer p50')
  expect(svg).toContain('3.00 ms ours')
})

it('draws a line over the orders in the tables', () => {
  const points = [
    { orders: 1_000, value: 400 },
    { orders: 1_000_000, value: 200 },
  ]
  const svg = renderChart(
    [{ title: 'Growth', figures: [], growth: [{ name: 'read', unit: '/s', points }], notes: [] }],
    '',
  )!
  const [first, last] = [...svg.matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(match => Number(match[1]))
  const bottom = Number(/<line class="axis"[^>]* y1="(\d+)"/.exec(svg)![1])
  expect((bottom - last!) / (bottom - first!)).toBeCloseTo(0.5, 2)
  expect(svg).toContain('>1 M<')
})

it('is not there where there is nothing to compare', () => {
  expect(renderChart([{ title: 'Starting', figures: [figures[2]!], notes: [] }], '')).toBeUndefined()
})
