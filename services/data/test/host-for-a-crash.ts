// A data service in a process of its own, so that a test can kill it: prints a line for each export.* event.

import type { OrderConfirmed } from '@waybill/contracts'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { hostServices } from '@waybill/platform/service'
import { TestBroker } from '@waybill/platform/testing'
import { createDataService } from '../src/data-service.ts'

const [home, databaseUrl, secretKey, facts] = process.argv.slice(2) as [string, string, string, string]
const broker = new TestBroker()
broker.listen(['export.progressed', 'export.finished', 'export.failed'], ({ type }) => {
  process.stdout.write(`${type}\n`)
})
await hostServices({
  settings: readWaybillSettings({
    PORT: '0',
    WAYBILL_HOME: home,
    DATA_DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'silent',
  }),
  secretKey: Buffer.from(secretKey, 'base64'),
  create: [createDataService],
  broker,
  judge: { authenticate: async () => undefined },
})
const order: OrderConfirmed = JSON.parse(facts)
await broker.send('order.confirmed', order.order_id, order)
