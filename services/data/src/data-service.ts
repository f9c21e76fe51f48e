// The one place where the data service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { type CreateService, openStore, type ServiceHost, type ServiceStore } from '@waybill/platform/service'
import { createAddCloud } from './bo/add-cloud.ts'
import { createCancelExportWhenOrderCancelled } from './bo/cancel-export-when-order-cancelled.ts'
import { createChangeCloud } from './bo/change-cloud.ts'
import { createCheckCloud } from './bo/check-cloud.ts'
import { createEndExport } from './bo/end-export.ts'
import { createExportDatasets } from './bo/export-datasets.ts'
import { createFindDeliveredFile } from './bo/find-delivered-file.ts'
import { createFindDelivery } from './bo/find-delivery.ts'
import { createListClouds } from './bo/list-clouds.ts'
import { createListDatasets } from './bo/list-datasets.ts'
import { createOpenCloud } from './bo/open-cloud.ts'
import { createOpenDeliveryWhenOrderDelivered } from './bo/open-delivery-when-order-delivered.ts'
import { createOpenUsersCloud } from './bo/open-users-cloud.ts'
import { createReadDataset } from './bo/read-dataset.ts'
import { createReadDeliveredFile } from './bo/read-delivered-file.ts'
import { createRemoveDelivery } from './bo/remove-delivery.ts'
import { createRunExport, runExportTimer } from './bo/run-export.ts'
import { RunningExports } from './bo/running-exports.ts'
import { createSaveProgress } from './bo/save-progress.ts'
import { createShowExport } from './bo/show-export.ts'
import { createStartExportWhenOrderConfirmed } from './bo/start-export-when-order-confirmed.ts'
import { createWorkOffExport } from './bo/work-off-export.ts'
import { CloudRegistry } from './clouds/cloud-registry.ts'
import { createDeliveryStore } from './clouds/delivery-store.ts'
import { localRoot } from './clouds/drivers/local.ts'
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

/** Exports that one process works off at once; each holds a few MiB. */
const exportsAtOnce = 4

export const createDataService: CreateService = async host => {
  const log = host.log.child({ service: 'data' })
  const store = await openStore<DataTables>(host, 'data', new URL('../migrations/', import.meta.url))
  await layOutSampleData(localRoot(host.settings.WAYBILL_HOME, 'LOCAL'))
  const bo = <F extends Parameters<typeof traced>[3]>(name: string, call: F) => traced(log, 'bo', name, call)
  const deps = {
    ...{ database: store.database, db: store.database.db, outbox: store.outbox, timers: store.timers },
    ...{ clock: host.clock, cursors: host.cursors, log, running: new RunningExports() },
    ...{ orderService: host.peers.order, paymentService: host.peers.payment },
    clouds: tracedModule(log, 'dao', cloudDao),
    exports: tracedModule(log, 'dao', exportDao),
    registry: openRegistry(host, store),
  }

  const openCloud = bo('openCloud', createOpenCloud(deps))
  const openUsersCloud = bo('openUsersCloud', createOpenUsersCloud(deps))
  const findDelivery = bo('findDelivery', createFindDelivery(deps))

  const endExport = createEndExport(deps)
  const saveProgress = bo('saveProgress', createSaveProgress(deps))
  const exportDatasets = bo('exportDatasets', createExportDatasets({ openCloud, saveProgress }))
  const workOffExport = bo('workOffExport', createWorkOffExport({ ...deps, exportDatasets, endExport }))
  const removeDelivery = bo('removeDelivery', createRemoveDelivery({ ...deps, openCloud }))
  const runExport = bo('runExport', createRunExport({ ...deps, workOffExport, removeDelivery }))
  store.timers.handle(runExportTimer, runExport, { concurrency: exportsAtOnce })

  store.consumer.subscribe(host.broker, {
    'order.confirmed': bo('startExportWhenOrderConfirmed', createStartExportWhenOrderConfirmed(deps)),
    'order.cancelled': bo('cancelExportWhenOrderCancelled', createCancelExportWhenOrderCancelled(deps)),
    'order.delivered': bo('openDeliveryWhenOrderDelivered', createOpenDeliveryWhenOrderDelivered(deps)),
  })

  const dataController = createDataController({
    listDatasets: bo('listDatasets', createListDatasets({ ...deps, openUsersCloud })),
    readDataset: bo('readDataset', createReadDataset({ ...deps, openUsersCloud })),
    findDeliveredFile: bo('findDeliveredFile', createFindDeliveredFile({ findDelivery, openCloud })),
    readDeliveredFile: bo('readDeliveredFile', createReadDeliveredFile(deps)),
  })
  const deliveryController = createDeliveryController({
    findDelivery,
    showExport: bo('showExport', createShowExport(deps)),
  })
  const cloudController = createCloudController({
    listClouds: bo('listClouds', createListClouds(deps)),
    addCloud: bo('addCloud', createAddCloud(deps)),
    changeCloud: bo('changeCloud', createChangeCloud(deps)),
    checkCloud: bo('checkCloud', createCheckCloud(deps)),
  })

  return {
    name: 'data',
    store: store as never,
    routes: [...dataRoutes(dataController, deliveryController), ...cloudRoutes(cloudController)],
  }
}

function openRegistry({ settings, clock, vault }: ServiceHost, { database }: ServiceStore<DataTables>): CloudRegistry {
  return new CloudRegistry(vault, {
    home: settings.WAYBILL_HOME,
    synced: settings.SQLITE_SYNCHRONOUS === 'full',
    clock,
    deliveries: createDeliveryStore(database, chunkDao),
  })
}
