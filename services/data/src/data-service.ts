// The one place where the data service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { type CreateService, openStore, type ServiceHost, type ServiceStore } from '@waybill/platform/service'
import { createAddCloud } from './bo/add-cloud.ts'
import { createCancelExportWhenOrderCancelled } from './bo/cancel-export-when-order-cancelled.ts'
import { createChangeCloud } from './bo/change-cloud.ts'
import { createCheckCloud } from './bo/check-cloud.ts'
import { createExportDatasets } from './bo/export-datasets.ts'
import { createExportOnThread } from './bo/export-on-thread.ts'
import { createFailExport } from './bo/fail-export.ts'
import { createFindDeliveredFile } from './bo/find-delivered-file.ts'
import { createFindDelivery } from './bo/find-delivery.ts'
import { createFinishExport } from './bo/finish-export.ts'
import { createListClouds } from './bo/list-clouds.ts'
import { createListDatasets } from './bo/list-datasets.ts'
import { createListExports } from './bo/list-exports.ts'
import { createOpenCloud } from './bo/open-cloud.ts'
import { createOpenDeliveryWhenOrderDelivered } from './bo/open-delivery-when-order-delivered.ts'
import { createOpenUsersCloud } from './bo/open-users-cloud.ts'
import { createReadDataset } from './bo/read-dataset.ts'
import { createReadDeliveredFile } from './bo/read-delivered-file.ts'
import { createRemoveDelivery } from './bo/remove-delivery.ts'
import { createRetryExportLater } from './bo/retry-export-later.ts'
import { createRunExport, runExportTimer } from './bo/run-export.ts'
import { RunningExports } from './bo/running-exports.ts'
import { createSaveProgress } from './bo/save-progress.ts'
import { createShowExport } from './bo/show-export.ts'
import { createStartExportWhenOrderConfirmed } from './bo/start-export-when-order-confirmed.ts'
import { createWorkOffExport } from './bo/work-off-export.ts'
import { CloudRegistry } from './clouds/cloud-registry.ts'
import { createDeliveryStore } from './clouds/delivery-store.ts'
import { localRoot } from './clouds/drivers/local.ts'
import { ExportThreads } from './clouds/export-threads.ts'
import type { CloudContext } from './clouds/factory.ts'
import { usualPatience } from './clouds/guarded-calls.ts'
import { createCloudController } from './controllers/cloud-controller.ts'
import { createDataController } from './controllers/data-controller.ts'
import { createDeliveryController } from './controllers/delivery-controller.ts'
import * as cloudDao from './dao/cloud-dao.ts'
import * as chunkDao from './dao/delivery-chunk-dao.ts'
import * as exportDao from './dao/export-dao.ts'
import type { DataTables } from './models/tables.ts'
import { cloudRoutes } from './routes/cloud-routes.ts'
import { dataRoutes } from './routes/data-routes.ts'
import { layOutSampleData } from './sample-data.ts'

/** Exports that one process works off at once. */
const exportsAtOnce = 12

export const createDataService: CreateService = async host => {
  const log = host.log.child({ service: 'data' })
  const store = await openStore<DataTables>(host, 'data', new URL('../migrations/', import.meta.url))
  await layOutSampleData(localRoot(host.settings.WAYBILL_HOME, 'LOCAL'))
  const bo = <F extends Parameters<typeof traced>[3]>(name: string, call: F) => traced(log, 'bo', name, call)
  const { database, outbox, timers, consumer } = store
  const { clock, cursors, broker, peers } = host
  const { db } = database
  const clouds = tracedModule(log, 'dao', cloudDao)
  const exports = tracedModule(log, 'dao', exportDao)
  const context = contextOf(host, store)
  const registry = new CloudRegistry(host.vault, context)
  const running = new RunningExports()
  const threads = new ExportThreads(context)

  const openCloud = bo('openCloud', createOpenCloud({ db, clouds, registry }))
  const openUsersCloud = bo('openUsersCloud', createOpenUsersCloud({ db, clouds, registry }))
  const askedPeers = { orderService: peers.order, paymentService: peers.payment }
  const findDelivery = bo('findDelivery', createFindDelivery({ db, exports, ...askedPeers }))

  const saveProgress = bo('saveProgress', createSaveProgress({ database, exports, outbox, clock }))
  const exportOnThread = bo('exportOnThread', createExportOnThread({ db, clouds, registry, threads }))
  const exportDatasets = bo('exportDatasets', createExportDatasets({ openCloud, saveProgress, exportOnThread }))
  const finishExport = bo('finishExport', createFinishExport({ database, exports, outbox, clock }))
  const failExport = bo('failExport', createFailExport({ database, exports, outbox, clock }))
  const retryExportLater = bo('retryExportLater', createRetryExportLater({ database, exports, clock, log }))
  const endings = { finishExport, failExport, retryExportLater }
  const workOffExport = bo('workOffExport', createWorkOffExport({ exportDatasets, ...endings, running }))
  const removeDelivery = bo('removeDelivery', createRemoveDelivery({ database, openCloud, clock, log }))
  const runExport = bo('runExport', createRunExport({ database, exports, workOffExport, removeDelivery }))
  const work = host.settings.WAYBILL_WORK
  if (work !== 'http') timers.handle(runExportTimer, runExport, { concurrency: exportsAtOnce })

  const startExport = createStartExportWhenOrderConfirmed({ exports, timers, clock })
  const cancelExport = createCancelExportWhenOrderCancelled({ exports, timers, running, clock })
  const openDelivery = createOpenDeliveryWhenOrderDelivered({ exports, clock })
  const handlers = {
    'order.confirmed': bo('startExportWhenOrderConfirmed', startExport),
    'order.cancelled': bo('cancelExportWhenOrderCancelled', cancelExport),
    'order.delivered': bo('openDeliveryWhenOrderDelivered', openDelivery),
  }
  if (work !== 'export') consumer.subscribe(broker, handlers)

  const dataController = createDataController({
    listDatasets: bo('listDatasets', createListDatasets({ openUsersCloud, clock })),
    readDataset: bo('readDataset', createReadDataset({ openUsersCloud, cursors, clock })),
    findDeliveredFile: bo('findDeliveredFile', createFindDeliveredFile({ findDelivery, openCloud })),
    readDeliveredFile: bo('readDeliveredFile', createReadDeliveredFile({ cursors })),
  })
  const listExports = bo('listExports', createListExports({ db, exports }))
  const deliveryController = createDeliveryController({
    findDelivery,
    showExport: bo('showExport', createShowExport({ db, exports })),
    listExports,
  })
  const cloudController = createCloudController({
    listClouds: bo('listClouds', createListClouds({ db, clouds, registry })),
    addCloud: bo('addCloud', createAddCloud({ database, clouds, registry, clock })),
    changeCloud: bo('changeCloud', createChangeCloud({ database, clouds, registry, clock })),
    checkCloud: bo('checkCloud', createCheckCloud({ db, clouds, registry })),
  })

  return {
    name: 'data',
    store: store as never,
    routes: [...dataRoutes(dataController, deliveryController), ...cloudRoutes(cloudController)],
    retried: { kinds: [runExportTimer] },
    recordOf: async processIds => (await listExports(processIds))[0],
  }
}

/** What clouds are given. */
function contextOf({ settings, clock, log }: ServiceHost, { database }: ServiceStore<DataTables>): CloudContext {
  const chunks = tracedModule(log.child({ service: 'data' }), 'dao', chunkDao)
  return {
    home: settings.WAYBILL_HOME,
    synced: settings.SQLITE_SYNCHRONOUS === 'full',
    clock,
    deliveries: createDeliveryStore(database, chunks),
    patience: usualPatience,
  }
}
