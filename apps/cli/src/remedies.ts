// What to type where the server refused: its own words are for those who call it over HTTP.

/** By error code. */
export const remedies: Readonly<Record<string, string>> = {
  NOT_AUTHENTICATED: 'sign in again: waybill login <e-mail>',
  EMAIL_TAKEN: 'is it yours? waybill login <e-mail>',
  FORBIDDEN: 'sign in as an operator beside it: waybill login <e-mail> --profile operator',
  CLOUD_NOT_REGISTERED: 'waybill cloud lists the clouds; waybill cloud LOCAL registers you with one',
  UNKNOWN_CLOUD: 'waybill cloud lists the clouds',
  CLOUD_NOT_FOUND: 'waybill cloud lists the clouds',
  CLOUD_NOT_ENABLED: 'waybill cloud lists the clouds; operators: waybill cloud <cloud> --settings <file>',
  CLOUD_NOT_PRICED: 'operators: waybill cloud <cloud> --price <n>',
  CLOUD_EXISTS: 'change it without --add: waybill cloud <cloud> --settings <file>',
  DATASET_NOT_FOUND: 'waybill data lists the datasets',
  ORDER_REQUIRED: 'order it: waybill order <dataset> --watch, then waybill data <dataset> --out <file>',
  ORDER_NOT_FOUND: 'waybill orders lists your orders',
  PROCESS_NOT_FOUND: 'waybill processes lists your processes',
  PROCESS_NOT_FINISHED: 'follow it to its end: waybill watch <process-id>',
  PROCESS_FAILED: 'waybill explain <order-id> tells why',
  PAYMENT_NOT_FOUND: 'waybill payments lists payments',
  NOTHING_TO_RETRY: 'waybill explain <order-id> shows what waits',
  CALLBACK_NOT_FOUND: 'waybill order <dataset> --callback-url <url> asks for one',
  USER_NOT_FOUND: 'waybill users lists users',
  DEAD_LETTER_NOT_FOUND: 'waybill dead-letters lists them',
}
