// Gauges are read when Prometheus asks: what cannot be read is left out, and many readers cost what one costs.
import { expect, test } from 'vitest'
import { createMetrics, rememberFor } from '../src/metrics/index.ts'

const gauges = async (metrics: ReturnType<typeof createMetrics>) =>
  (await metrics.registry.metrics())
    .split('\n')
    .filter(line => line.startsWith('test_') || line.includes('unread_total{'))
const of = (value: number) => [{ labels: {}, value }]

test('a gauge that cannot be read is left out, is counted, and hides no other', async () => {
  const metrics = createMetrics()
  let isDown = true
  metrics.gauge('test_broken', 'is down', async () => {
    if (isDown) throw new Error('the database is down')
    return of(1)
  })
  metrics.gauge('test_whole', 'is well', async () => of(2))
  expect(await gauges(metrics)).toEqual(['test_whole 2'])
  // The next answer tells of it.
  expect(await gauges(metrics)).toEqual(['waybill_gauges_unread_total{gauge="test_broken"} 1', 'test_whole 2'])
  isDown = false
  expect(await gauges(metrics)).toContain('test_broken 1')
  isDown = true
  // What was read before is no answer now.
  expect(await gauges(metrics)).not.toContain('test_broken 1')
})

test('a gauge that takes too long is left out after two seconds', async () => {
  const metrics = createMetrics()
  metrics.gauge('test_slow', 'never answers', () => new Promise(() => {}))
  metrics.gauge('test_whole', 'is well', async () => of(2))
  expect(await gauges(metrics)).toEqual(['test_whole 2'])
})

test('values carry the labels that the gauge names', async () => {
  const metrics = createMetrics()
  metrics.gauge('test_rules', 'by rule', async () => [{ labels: { rule: 'stuck' }, value: 3 }], ['rule'])
  expect(await gauges(metrics)).toEqual(['test_rules{rule="stuck"} 3'])
})

test('two who ask at once both get every value', async () => {
  const metrics = createMetrics()
  let answer = () => {}
  const asked = new Promise<void>(resolve => {
    answer = resolve
  })
  metrics.gauge('test_shared', 'slow to read', async () => {
    await asked
    return of(1)
  })
  const both = Promise.all([gauges(metrics), gauges(metrics)])
  answer()
  expect(await both).toEqual([['test_shared 1'], ['test_shared 1']])
})

test('what is remembered is read once for all who ask, within its time', async () => {
  let reads = 0
  const read = rememberFor(60_000, async () => ++reads)
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1])
  expect(await read()).toBe(1)
})

test('what is out of date is read again, and so is what failed', async () => {
  let reads = 0
  const stale = rememberFor(0, async () => ++reads)
  expect([await stale(), await stale()]).toEqual([1, 2])

  let isDown = true
  const failing = rememberFor(60_000, async () => {
    if (isDown) throw new Error('down')
    return 'up'
  })
  await expect(failing()).rejects.toThrow('down')
  isDown = false
  expect(await failing()).toBe('up')
})
