// The bench judges by these: a median or a goal that is wrong would make every table wrong.
import { describe, expect, it } from 'vitest'
import { type Figure, isMet, median, percentile, ratioOf, spreadOf } from './figures.ts'
import { renderText, renderVerdict } from './report.ts'

const figure = (rest: Partial<Figure>): Figure => ({ name: 'accepted', unit: '/s', ours: [100, 300, 200], ...rest })

describe('a figure', () => {
  it('is the median of its rounds, whatever their order', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('has percentiles by nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(percentile(samples, 99)).toBe(99)
    expect(percentile(samples, 100)).toBe(100)
    expect(percentile([7], 99)).toBe(7)
    expect(percentile([], 99)).toBeNaN()
  })

  it('is compared with the median of its floor', () => {
    expect(ratioOf(figure({ floor: { name: 'naive', samples: [50, 100, 1_000] } }))).toBe(2)
    expect(ratioOf(figure({}))).toBeUndefined()
  })

  it('shows how far apart its rounds were', () => {
    expect(spreadOf(figure({}))).toBe(1)
    expect(spreadOf(figure({ ours: [0, 0, 0] }))).toBe(0)
  })

  it.each([
    ['at least', 199, true],
    ['at least', 200, true],
    ['at least', 201, false],
    ['at most', 199, false],
    ['at most', 200, true],
  ] as const)('of 200 beside a goal of %s %d: met is %s', (bound, limit, met) => {
    expect(isMet(figure({ goal: { of: 'value', bound, limit } }))).toBe(met)
  })

  it.each([
    [2, true],
    [2.1, false],
  ])('of twice its floor beside a goal of %d times the floor: met is %s', (limit, met) => {
    const floor = { name: 'naive', samples: [100] }
    expect(isMet(figure({ floor, goal: { of: 'floor', bound: 'at least', limit } }))).toBe(met)
  })

  it('that could not be measured has not met its goal', () => {
    expect(isMet(figure({ ours: [Number.NaN], goal: { of: 'value', bound: 'at most', limit: 5 } }))).toBe(false)
  })

  it('stands in the table with its floor, ratio, goal and verdict', () => {
    const shown = figure({
      floor: { name: 'naive', samples: [100] },
      goal: { of: 'floor', bound: 'at least', limit: 3 },
    })
    const text = renderText({ title: 'Orders', figures: [shown], notes: ['how'] })
    expect(text).toMatch(/accepted +200\/s +100 % +100\/s \(naive\) +2\.00 +≥ 3 × floor +NO\n {2}- how/)
  })
})

describe('the verdict', () => {
  const judged = (name: string, ours: number, goal: Figure['goal']) => figure({ name, ours: [ours], goal })
  const verdict = (...figures: Figure[]) => renderVerdict([{ title: 'Orders', figures, notes: [] }])

  it('counts the goals that are met, and says of the others by how much not', () => {
    expect(
      verdict(
        judged('delivered', 100, { of: 'value', bound: 'at least', limit: 400 }),
        judged('p50', 24, { of: 'value', bound: 'at most', limit: 12 }),
        judged('lost', 0, { of: 'value', bound: 'at most', limit: 0 }),
        figure({ name: 'no goal' }),
      ),
    ).toEqual([
      'Goals: 1 of 3 are met.',
      'NOT met: Orders: delivered: 100/s, goal ≥ 400/s: a factor of 4.00 away.',
      'NOT met: Orders: p50: 24.0/s, goal ≤ 12.0/s: a factor of 2.00 away.',
    ])
  })

  it('measures against the floor where the goal is of it', () => {
    const beside = figure({
      ours: [150],
      floor: { name: 'naive', samples: [100] },
      goal: { of: 'floor', bound: 'at least', limit: 2 },
    })
    expect(verdict(beside)[1]).toBe('NOT met: Orders: accepted: 1.50 × naive, goal ≥ 2 × floor: a factor of 1.33 away.')
  })

  it('does not call met what was not measured, or what allowed nothing', () => {
    expect(verdict(judged('p99', Number.NaN, { of: 'value', bound: 'at most', limit: 5 }))[1]).toContain('not measured')
    expect(verdict(judged('lost', 2, { of: 'value', bound: 'at most', limit: 0 }))[1]).toContain('none was allowed')
  })

  it('is silent where nothing was judged', () => {
    expect(verdict(figure({}))).toEqual([])
  })
})
