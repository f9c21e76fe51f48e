// Every call of the API that a client makes, by its name in the OpenAPI document; a test compares the two.

export const operations = {
  signUp: 'POST /user',
  signIn: 'POST /authentication',
  refreshSession: 'POST /authentication/refresh',
  signOut: 'DELETE /authentication',
  showKeys: 'GET /.well-known/jwks.json',
  showUserDetails: 'GET /user/details',
  changeUserDetails: 'PATCH /user/details',
  registerCloud: 'PUT /user/cloud',
  listUsers: 'GET /users',
  showUser: 'GET /users/{id}',
  changeUser: 'PATCH /users/{id}',

  listPrices: 'GET /prices',
  setPrice: 'PUT /prices/{cloud}',
  placeOrder: 'POST /user/order',
  listOrders: 'GET /orders',
  showOrder: 'GET /order/{id}',
  showOrderStatus: 'GET /order/{id}/status',
  showOrderHistory: 'GET /order/{id}/history',
  cancelOrder: 'POST /order/{id}/cancel',
  explainOrder: 'GET /order/{id}/explain',
  retryOrder: 'POST /order/{id}/retry',
  replayOrder: 'POST /order/{id}/replay',
  listProcesses: 'GET /processes',
  showProcess: 'GET /process/{process_id}',
  listCallbacks: 'GET /callbacks',
  resendCallback: 'POST /callbacks/{process_id}/resend',
  showCallbackSecret: 'GET /callbacks/secret',
  rotateCallbackSecret: 'POST /callbacks/secret/rotate',
  audit: 'GET /audit',

  payOrder: 'POST /payment',
  listPaymentGateways: 'GET /payment/gateways',
  showPaymentDetails: 'GET /payment/details',
  showPayment: 'GET /payment/{id}',
  listPayments: 'GET /payments',
  listPaymentsOfOrders: 'POST /payments/details',
  refundPayment: 'POST /payment/{id}/refund',

  readData: 'GET /data',
  showManifest: 'GET /data/manifest',
  showExport: 'GET /exports/{process_id}',
  listExportsOfProcesses: 'POST /exports/details',
  listClouds: 'GET /clouds',
  addCloud: 'POST /clouds',
  changeCloud: 'PATCH /clouds/{name}',
  checkCloud: 'POST /clouds/{name}/check',

  listOutbox: 'GET /outbox',
  listDeadLetters: 'GET /dead-letters',
  replayDeadLetter: 'POST /dead-letters/{id}/replay',
  checkReadiness: 'GET /readyz',
  readMetrics: 'GET /metrics',
} as const

export type OperationName = keyof typeof operations

/** POSTs that may be sent twice, for an Idempotency-Key makes both one. */
const keyed: readonly OperationName[] = ['placeOrder', 'payOrder']

export const takesIdempotencyKey = (name: OperationName): boolean => keyed.includes(name)

/** Sending it twice does what sending it once does: GET (RFC 9110 9.2.1), and what carries an Idempotency-Key. */
export const isSafeToRepeat = (name: OperationName): boolean =>
  operations[name].startsWith('GET ') || takesIdempotencyKey(name)

/** These need no token, and get none. */
const publicOnes: readonly OperationName[] = [
  'signUp',
  'signIn',
  'refreshSession',
  'showKeys',
  'listPrices',
  'listClouds',
  'checkReadiness',
  'readMetrics',
]

export const isPublic = (name: OperationName): boolean => publicOnes.includes(name)
