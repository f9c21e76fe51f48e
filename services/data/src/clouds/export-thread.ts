// A thread that runs large exports from their source to their delivery, so that none of it is done where HTTP is answered. It knows no
// database: what needs one is asked of whoever began the export.
import { parentPort } from 'node:worker_threads'
import { systemClock } from '@waybill/platform/clock'
import type { ExportedFile, ExportTask } from './cloud.ts'
import { CloudRefused } from './cloud-error.ts'
import type { DeliveryStore } from './delivery-store.ts'
import { callOver } from './export-calls.ts'
import type { ExportKeeper, ExportOrder, ExportRunner } from './export-threads.ts'
import { findDriver } from './factory.ts'
import { OpenClouds } from './open-clouds.ts'
import { giveReadBuffersBack } from './read-buffers.ts'
import { type Engagement, letAnswersComeFirst } from './thread-pool.ts'
import { bytesOf, type Upload } from './upload.ts'

interface KeptTask extends ExportTask {
  keeper: ExportKeeper
}

letAnswersComeFirst()

giveReadBuffersBack()

const clouds = new OpenClouds()

parentPort!.on('message', ({ port, order }: Engagement<ExportOrder>) => {
  const stopping = new AbortController()
  const keeper: ExportKeeper = callOver<ExportKeeper, ExportRunner>(port, {
    run: () => run(order, keeper, stopping.signal),
    stop: () => stopping.abort(),
  })
})

async function run(
  { cloud, context, task }: ExportOrder,
  keeper: ExportKeeper,
  signal: AbortSignal,
): Promise<ExportedFile> {
  const { name, version, settings } = cloud
  const opened = await clouds.open(name, version, async () => {
    const driver = await findDriver(cloud.driver)
    if (!driver) throw new CloudRefused(`the cloud ${name} is not set up`)
    return driver.create(name, settings, { ...context, clock: systemClock, deliveries })
  })
  const kept: KeptTask = {
    ...{ ...task, signal, keeper },
    save: (checkpoint, done) => keeper.save(checkpoint, done),
    assertHeld: () => keeper.assertHeld(),
  }
  return opened.processOrder(kept)
}

/** Those of the process, by way of the keeper of each export. */
const deliveries: DeliveryStore = {
  write: task => {
    const { keeper } = task as KeptTask
    const upload: Upload = {
      leastPartBytes: 0,
      partsAtOnce: 1,
      append: async ({ pieces, release }) => {
        await keeper.appendToDelivery(Buffer.concat(pieces, bytesOf(pieces)))
        release()
      },
      settle: async () => null,
      complete: async () => {},
      close: async () => {},
    }
    return {
      begin: async () => {
        await keeper.beginDelivery()
        return upload
      },
      resume: async (_state, bytes) => {
        await keeper.resumeDelivery(bytes)
        return upload
      },
    }
  },
  read: () => {
    throw new TypeError('a thread of exports reads no deliveries')
  },
  remove: () => {
    throw new TypeError('a thread of exports removes no deliveries')
  },
}
