// The one place where the order service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { openStore, type Service, type ServiceHost } from '@waybill/platform/service'
import { createAuditOrders } from './bo/audit-orders.ts'
import { createBeginOrder } from './bo/begin-order.ts'
import { createCallbackAddress, type Resolve } from './bo/callback-address.ts'
import { createCancelOrder } from './bo/cancel-order.ts'
import { createCancelOrderOnRequest } from './bo/cancel-order-on-request.ts'
import { createCancelFailedOrder } from './bo/cancel-order-when-export-failed.ts'
import { createCancelDeclinedOrder } from './bo/cancel-order-when-payment-declined.ts'
import { createCancelOverdueOrder } from './bo/cancel-overdue-order.ts'
import { createConfirmOrder } from './bo/confirm-order-when-payment-authorized.ts'
import { createDeliverOrder } from './bo/deliver-order-when-export-finished.ts'
import { createDescribeProcess } from './bo/describe-process.ts'
import { createDraftOrder } from './bo/draft-order.ts'
import { createEndProcess } from './bo/end-process.ts'
import { createExplainOrder } from './bo/explain-order.ts'
import { createFindCallback } from './bo/find-callback.ts'
import { createFindCallbackSecret } from './bo/find-callback-secret.ts'
import { createFindOrder } from './bo/find-order.ts'
import { createFindProcess } from './bo/find-process.ts'
import { createFindStrandedEvents } from './bo/find-stranded-events.ts'
import { LastAudit } from './bo/last-audit.ts'
import { createListCallbackAttempts } from './bo/list-callback-attempts.ts'
import { createListOrderHistory } from './bo/list-order-history.ts'
import { createListOrders } from './bo/list-orders.ts'
import { createListProcesses } from './bo/list-processes.ts'
import { createMoveOrder } from './bo/order-transitions.ts'
import { createPlaceOrder } from './bo/place-order.ts'
import { createPostCallback } from './bo/post-callback.ts'
import { createProcessWatch } from './bo/process-watch.ts'
import { createReadForAudit } from './bo/read-for-audit.ts'
import { createReadOwnStory } from './bo/read-own-story.ts'
import { createReadWaitingWork } from './bo/read-waiting-work.ts'
import { createReplayOrder } from './bo/replay-order.ts'
import { createResendCallback } from './bo/resend-callback.ts'
import { createRetryOrder, endRetryPause, retryPauseTimer } from './bo/retry-order.ts'
import { createRotateCallbackSecret } from './bo/rotate-callback-secret.ts'
import { createSendCallback } from './bo/send-callback.ts'
import { createSetPrice } from './bo/set-price.ts'
import { createShowProgress } from './bo/show-progress-when-export-progressed.ts'
import { createStartProcess } from './bo/start-process.ts'
import { createWatchExplanation } from './bo/watch-explanation.ts'
import { createWatchProcess } from './bo/watch-process.ts'
import { createAuditController } from './controllers/audit-controller.ts'
import { createCallbackController } from './controllers/callback-controller.ts'
import { createOrderController } from './controllers/order-controller.ts'
import { createOrderStoryController } from './controllers/order-story-controller.ts'
import { createPriceController } from './controllers/price-controller.ts'
import { createProcessController } from './controllers/process-controller.ts'
import * as callbackDao from './dao/callback-dao.ts'
import * as orderDao from './dao/order-dao.ts'
import * as priceDao from './dao/price-dao.ts'
import * as processDao from './dao/process-dao.ts'
import { sendCallbackTimer } from './models/callback.ts'
import { paymentWindow, processingWindow } from './models/order-window.ts'
import type { OrderTables } from './models/tables.ts'
import { addOrderGauges } from './order-gauges.ts'
import { auditRoutes } from './routes/audit-routes.ts'
import { callbackRoutes } from './routes/callback-routes.ts'
import { orderRoutes } from './routes/order-routes.ts'
import { priceRoutes } from './routes/price-routes.ts'
import { processRoutes } from './routes/process-routes.ts'

/** What a test may put in the place of the network. */
export interface OrderServiceOptions {
  resolve?: Resolve
  callbackTimeoutMilliseconds?: number
  auditPatienceMilliseconds?: number
}

/** How long the receiver of a callback may take to answer. */
const callbackTimeoutMilliseconds = 10_000
/** How long one answer of an audit may take: balancers and clients lose their patience after half a minute. */
const auditPatienceMilliseconds = 20_000

export async function createOrderService(host: ServiceHost, options: OrderServiceOptions = {}): Promise<Service> {
  const { clock, peers, settings, cursors } = host
  const log = host.log.child({ service: 'order' })
  const store = await openStore<OrderTables>(host, 'order', new URL('../migrations/', import.meta.url))
  const { database, outbox, timers, consumer, idempotency } = store
  const { db } = database
  const bo = <F extends Parameters<typeof traced>[3]>(name: string, call: F): F => traced(log, 'bo', name, call)

  const prices = tracedModule(log, 'dao', priceDao)
  const orders = tracedModule(log, 'dao', orderDao)
  const processes = tracedModule(log, 'dao', processDao)
  const callbacks = tracedModule(log, 'dao', callbackDao)

  const windows = { payment: settings.ORDER_PAYMENT_WINDOW, processing: settings.ORDER_PROCESSING_WINDOW }

  // What the operations below share.
  const watch = createProcessWatch({ db, processes, log })
  const describeProcess = bo('describeProcess', createDescribeProcess({ db, processes, clock }))
  const findOrder = bo('findOrder', createFindOrder({ db, orders }))
  const findProcess = bo('findProcess', createFindProcess({ db, processes }))
  const moveOrder = bo('moveOrder', createMoveOrder({ orders, clock }))
  const startProcess = bo('startProcess', createStartProcess({ processes, watch, clock }))
  const endProcess = bo('endProcess', createEndProcess({ processes, callbacks, timers, watch, clock }))
  const cancelOrder = bo('cancelOrder', createCancelOrder({ moveOrder, endProcess, timers, outbox }))

  // What clients ask for.
  const setPrice = bo('setPrice', createSetPrice({ database, prices, dataService: peers.data, clock }))
  const callbackAddress = createCallbackAddress({
    allowPrivate: settings.CALLBACK_ALLOW_PRIVATE,
    resolve: options.resolve,
  })
  const draftOrder = bo('draftOrder', createDraftOrder({ db, prices, callbackAddress, clock }))
  const beginOrder = bo('beginOrder', createBeginOrder({ orders, processes, outbox, timers, windows }))
  const placeOrder = bo('placeOrder', createPlaceOrder({ database, draftOrder, beginOrder, describeProcess }))
  const cancelOrderOnRequest = bo(
    'cancelOrderOnRequest',
    createCancelOrderOnRequest({ database, findOrder, cancelOrder }),
  )
  const listOrders = bo('listOrders', createListOrders({ db, orders, cursors }))
  const listOrderHistory = bo('listOrderHistory', createListOrderHistory({ db, orders, findOrder }))
  const listProcesses = bo('listProcesses', createListProcesses({ db, processes, describeProcess, cursors }))
  const watchProcess = createWatchProcess({ watch, describeProcess })

  const findCallback = bo('findCallback', createFindCallback({ db, callbacks, findOrder, findProcess }))
  const resendCallback = bo(
    'resendCallback',
    createResendCallback({ database, callbacks, findCallback, timers, clock }),
  )
  const listCallbackAttempts = bo(
    'listCallbackAttempts',
    createListCallbackAttempts({ db, callbacks, findProcess, cursors }),
  )
  const findCallbackSecret = bo(
    'findCallbackSecret',
    createFindCallbackSecret({ database, callbacks, vault: host.vault, clock }),
  )
  const rotateCallbackSecret = bo(
    'rotateCallbackSecret',
    createRotateCallbackSecret({ database, callbacks, findCallbackSecret, vault: host.vault, clock }),
  )
  const readOwnStory = bo('readOwnStory', createReadOwnStory({ db, orders, processes, callbacks, describeProcess }))
  const readWaitingWork = bo('readWaitingWork', createReadWaitingWork({ peers }))
  const explainOrder = bo(
    'explainOrder',
    createExplainOrder({ findOrder, readOwnStory, readWaitingWork, terms: { windows, clock } }),
  )
  const watchExplanation = createWatchExplanation({ explainOrder, clock })
  const retryOrder = bo('retryOrder', createRetryOrder({ database, timers, findOrder, peers, clock }))
  const replayOrder = bo('replayOrder', createReplayOrder({ findOrder, readWaitingWork, peers }))
  const readForAudit = createReadForAudit({
    database,
    orders,
    processes,
    paymentService: peers.payment,
    dataService: peers.data,
  })
  const lastAudit = new LastAudit(clock)
  const findStrandedEvents = bo('findStrandedEvents', createFindStrandedEvents({ peers, clock }))
  const patience = options.auditPatienceMilliseconds ?? auditPatienceMilliseconds
  const auditOrders = bo(
    'auditOrders',
    createAuditOrders({ readForAudit, findStrandedEvents, lastAudit, cursors, terms: { windows, clock, patience } }),
  )
  const terms = () => ({ now: clock.now(), windows })
  addOrderGauges(host.metrics, { db, orders, processes, lastAudit, terms })

  // What events set off.
  consumer.subscribe(host.broker, {
    'payment.authorized': bo(
      'confirmOrderWhenPaymentAuthorized',
      createConfirmOrder({ moveOrder, startProcess, timers, outbox, windows }),
    ),
    'payment.declined': bo('cancelOrderWhenPaymentDeclined', createCancelDeclinedOrder({ cancelOrder })),
    'export.progressed': bo('showProgressWhenExportProgressed', createShowProgress({ processes, watch, clock })),
    'export.finished': bo(
      'deliverOrderWhenExportFinished',
      createDeliverOrder({ moveOrder, endProcess, timers, outbox }),
    ),
    'export.failed': bo('cancelOrderWhenExportFailed', createCancelFailedOrder({ cancelOrder })),
  })

  // What is due at a time.
  const overdue = { database, cancelOrder }
  timers.handle(
    paymentWindow,
    bo('cancelUnpaidOrder', createCancelOverdueOrder(overdue, 'expirePayment', 'the payment did not come in time')),
    { concurrency: 8 },
  )
  timers.handle(
    processingWindow,
    bo(
      'cancelUnfinishedOrder',
      createCancelOverdueOrder(overdue, 'failProcessing', 'the export did not finish in time'),
    ),
    { concurrency: 8 },
  )

  const postCallback = bo(
    'postCallback',
    createPostCallback({
      callbackAddress,
      findCallbackSecret,
      clock,
      timeoutMilliseconds: options.callbackTimeoutMilliseconds ?? callbackTimeoutMilliseconds,
    }),
  )
  timers.handle(
    sendCallbackTimer,
    bo('sendCallback', createSendCallback({ database, callbacks, processes, postCallback, clock })),
    { concurrency: 64 },
  )

  timers.handle(retryPauseTimer, endRetryPause, { concurrency: 8 })

  const priceController = createPriceController({ db, prices, setPrice })
  const orderController = createOrderController({ placeOrder, listOrders, findOrder, cancelOrderOnRequest })
  const orderStoryController = createOrderStoryController({
    listOrderHistory,
    explainOrder,
    watchExplanation,
    retryOrder,
    replayOrder,
  })
  const processController = createProcessController({ findProcess, describeProcess, watchProcess, listProcesses })
  const callbackController = createCallbackController({
    listCallbackAttempts,
    resendCallback,
    findCallbackSecret,
    rotateCallbackSecret,
  })
  return {
    name: 'order',
    store: store as never,
    routes: [
      ...priceRoutes(priceController),
      ...orderRoutes(orderController, orderStoryController, idempotency),
      ...processRoutes(processController),
      ...callbackRoutes(callbackController),
      ...auditRoutes(createAuditController({ auditOrders })),
    ],
    retried: { kinds: [sendCallbackTimer] },
  }
}
