// Of the suite of clouds: what the network and the cloud's bad days do to calls, bodies and exports.
import { until } from '@waybill/platform/testing'
import { describe, expect, test } from 'vitest'
import { CloudRefused, CloudUnavailable } from '../../src/clouds/cloud-error.ts'
import { bulk, type CloudSuite, checksum, lines, records } from './cloud-suite.ts'
import { impatience } from './cloud-under-test.ts'

export function describeTrouble(suite: CloudSuite): void {
  describe('trouble on the network', () => {
    test('a call that is throttled, fails or breaks is made again', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      for (const faults of [[503, 503], [429], [500, 502], ['cut'], ['cut', 503, 'cut']] as const) {
        suite.at.gate.next.push(...faults)
        expect((await suite.at.cloud.listDatasets(suite.account)).map(({ name }) => name)).toContain('people')
        suite.at.gate.next.push(...faults)
        expect((await suite.at.cloud.getData(suite.account, 'people', undefined, 3)).records).toEqual(records(3))
        expect(suite.at.gate.next).toEqual([])
      }
    })

    test('a call that is refused is not made again', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      suite.at.gate.next.push(403)
      const before = suite.at.gate.calls.length
      await expect(suite.at.cloud.getData(suite.account, 'people', undefined, 3)).rejects.toThrow(CloudRefused)
      expect(suite.at.gate.calls.length).toBe(before + 1)
    })

    test('an export comes through it whole', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      const faults = [503, 'cut', 'cut', 500] as const
      let happened = 0
      // Reading goes on while a checkpoint is kept: two at once might be more than one call is tried again for.
      const save = async () => {
        if (suite.at.gate!.next.length === 0 && happened < faults.length) suite.at.gate!.next.push(faults[happened++]!)
      }
      const of_ = suite.task('long', { save })
      const file = await suite.at.cloud.processOrder(of_)
      expect(happened).toBeGreaterThan(1)
      expect(file.sha256).toBe(suite.long.sha256)
      expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
    })

    test('an export whose last answer is lost is complete all the same', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      const of_ = suite.task('medium', {
        assertHeld: async () => void (suite.at.files && suite.at.gate!.next.push('lose')),
      })
      const file = await suite.at.cloud.processOrder(of_)
      expect(suite.at.gate.next).toEqual([])
      expect(checksum(await suite.read(of_, file.bytes))).toBe(suite.medium.sha256)
      await suite.at.cloud.removeDelivery(suite.account, of_.processId)
      expect(await suite.at.remains(suite.account, of_.processId)).toBe(0)
    })

    test('a body that breaks or stalls is read on where it came to', async ({ skip }) => {
      if (!suite.at.gate || !suite.at.files) return skip('nothing of it goes over a network')
      const of_ = suite.task('medium')
      suite.at.gate.next.push({ cutAfter: 300_000 }, { cutAfter: 65_536 }, { stallAfter: 200_000 })
      const file = await suite.at.cloud.processOrder(of_)
      expect(suite.at.gate.next).toEqual([])
      expect(file.sha256).toBe(suite.medium.sha256)
      suite.at.gate.next.push({ stallAfter: 100_000 }, { cutAfter: 100_000 })
      expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
      expect(suite.at.gate.next).toEqual([])
    })

    test('a body that breaks when its object has changed is not mixed of both', async ({ skip }) => {
      if (!suite.at.gate || !suite.at.files) return skip('nothing of it goes over a network')
      const changed = bulk(1_000_000, 'y')
      await suite.at.put(suite.account, 'replaced', suite.medium.records)
      suite.at.gate.next.push({ stallAfter: 300_000 })
      const working = suite.at.cloud.processOrder(suite.task('replaced'))
      await until(
        async () => suite.at.gate!.next.length,
        left => left === 0,
      )
      await suite.at.put(suite.account, 'replaced', changed)
      expect((await working).sha256).toBe(checksum(lines(changed)))
    })

    test('an outage is told in time, the cloud is left alone for a while, and is used again when it is back', async ({
      skip,
    }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      suite.at.gate.outage = true
      const startedAt = Date.now()
      const before = suite.at.gate.calls.length
      const errors: unknown[] = []
      for (let tries = 0; tries < impatience.outagesInARow; tries++) {
        errors.push(await suite.at.cloud.listDatasets(suite.account).catch((error: unknown) => error))
      }
      for (const error of errors) expect(error).toBeInstanceOf(CloudUnavailable)
      expect((errors[0] as Error).message).toContain(suite.at.cloud.name)
      expect(Date.now() - startedAt).toBeLessThan(10_000)
      const calls = suite.at.gate.calls.length - before
      expect(calls).toBeGreaterThanOrEqual(impatience.outagesInARow)
      expect(calls).toBeLessThan(impatience.outagesInARow * impatience.tries)
      suite.at.gate.outage = false
      await expect
        .poll(() => suite.at.cloud.listDatasets(suite.account).catch(() => []), { timeout: 10_000 })
        .not.toEqual([])
      expect((await suite.readAll('people', 100)).records).toHaveLength(250)
    })

    test('a signal ends a call and its further tries', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      suite.at.gate.outage = true
      const stopping = new AbortController()
      const reason = new Error('enough')
      setTimeout(() => stopping.abort(reason), 20)
      const ended = suite.at.cloud.processOrder(suite.task('medium', { signal: stopping.signal }))
      await expect(ended).rejects.toThrow(Error)
      suite.at.gate.outage = false
      await expect
        .poll(() => suite.at.cloud.listDatasets(suite.account).catch(() => []), { timeout: 10_000 })
        .not.toEqual([])
    })
  })
}
