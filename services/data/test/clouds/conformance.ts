// What every cloud class must do alike, whatever it speaks to: as a class, and for its users over HTTP. A new one passes this suite.
import { afterAll, beforeAll, describe } from 'vitest'
import { CloudSuite } from './cloud-suite.ts'
import type { CloudUnderTest } from './cloud-under-test.ts'
import { describeExporting } from './exporting-suite.ts'
import { describeJourney } from './journey-suite.ts'
import { describeReading } from './reading-suite.ts'
import { describeTrouble } from './trouble-suite.ts'

interface Options {
  /** Of a driver that only lets itself in otherwise: its exports are made by the class of another one, which is put through them. */
  exportsAs?: string
}

export function describeCloud(name: string, start: () => Promise<CloudUnderTest>, { exportsAs }: Options = {}): void {
  describe(`the cloud class ${name}`, () => {
    const suite = new CloudSuite(name)

    beforeAll(async () => {
      await suite.start(await start())
    })
    afterAll(() => suite.stop())

    describeReading(suite)
    if (exportsAs === undefined) describeExporting(suite)
    describeTrouble(suite)
    describeJourney(suite)
  })
}
