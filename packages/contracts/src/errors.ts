// The one catalogue of error codes: status, title and whether trying again can help. Routes name the codes that they may answer.

export interface ErrorKind {
  status: number
  title: string
  retryable: boolean
}

const define = <C extends string>(kinds: Record<C, [status: number, title: string, retryable?: 'retryable']>) =>
  Object.fromEntries(
    Object.entries<[number, string, 'retryable'?]>(kinds).map(([code, [status, title, retryable]]) => [
      code,
      { status, title, retryable: retryable === 'retryable' },
    ]),
  ) as Record<C, ErrorKind>

export const errorCatalogue = define({
  MALFORMED_REQUEST: [400, 'The request is not well-formed HTTP'],
  MALFORMED_JSON: [400, 'The body is not well-formed JSON'],
  VALIDATION_FAILED: [400, 'Some fields are not as they must be'],
  UNKNOWN_CLOUD: [400, 'There is no such cloud'],
  WEBHOOK_REFUSED: [400, "The webhook does not carry the gateway's signature"],
  NOTIFICATION_REFUSED: [400, 'The notification is not one that SNS signed for our topic, just now'],
  NOT_AUTHENTICATED: [401, 'A valid access token is needed'],
  INVALID_CREDENTIALS: [401, 'The credentials are not valid'],
  FORBIDDEN: [403, 'Your role does not allow this'],
  WRONG_PASSWORD: [403, 'The current password is wrong'],
  ROUTE_NOT_FOUND: [404, 'There is nothing at this path'],
  USER_NOT_FOUND: [404, 'There is no such user'],
  ORDER_NOT_FOUND: [404, 'There is no such order'],
  PROCESS_NOT_FOUND: [404, 'There is no such process'],
  CALLBACK_NOT_FOUND: [404, 'The process has no callback'],
  PAYMENT_NOT_FOUND: [404, 'There is no such payment'],
  GATEWAY_NOT_FOUND: [404, 'There is no such payment gateway'],
  CLOUD_NOT_FOUND: [404, 'There is no such cloud'],
  DATASET_NOT_FOUND: [404, 'There is no such dataset'],
  DEAD_LETTER_NOT_FOUND: [404, 'There is no such dead letter'],
  SERVICE_NOT_HOSTED: [404, 'This process does not host that service'],
  METHOD_NOT_ALLOWED: [405, 'The path does not know this method'],
  NOT_ACCEPTABLE: [406, 'The result is not to be had in the format asked for'],
  EMAIL_TAKEN: [409, 'The e-mail address is taken'],
  CLOUD_NOT_REGISTERED: [409, 'The user is not registered with a cloud'],
  CLOUD_NOT_ENABLED: [409, 'The cloud is not enabled'],
  CLOUD_EXISTS: [409, 'A cloud of this name exists'],
  CLOUD_NOT_PRICED: [409, 'The cloud has no price yet'],
  ORDER_REQUIRED: [409, 'The cloud works by order only'],
  ORDER_NOT_CANCELLABLE: [409, 'The order is final'],
  ORDER_NOT_PAYABLE: [409, 'The order does not wait for a payment'],
  NOTHING_TO_RETRY: [409, 'Nothing about the order waits to be tried again'],
  PROCESS_NOT_FINISHED: [409, 'The process is still running', 'retryable'],
  PROCESS_FAILED: [409, 'The process has failed'],
  REFUND_EXCEEDS_CAPTURED: [409, 'The refund is more than what is left of the captured amount'],
  PAYMENT_BUSY: [409, 'The payment has an operation whose outcome is not known yet', 'retryable'],
  CURSOR_EXPIRED: [409, 'The dataset has changed since the cursor was given'],
  LAST_OPERATOR: [409, 'The last operator must stay'],
  IDEMPOTENCY_IN_PROGRESS: [409, 'The first request with this key is still running', 'retryable'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be application/json in UTF-8'],
  RANGE_NOT_SATISFIABLE: [416, 'The range lies outside of the file'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The key was used with another body'],
  TOO_MANY_REQUESTS: [429, 'Too many requests', 'retryable'],
  INTERNAL_ERROR: [500, 'Something went wrong on our side', 'retryable'],
  GATEWAY_REFUSED: [502, 'The payment gateway refused the request'],
  CLOUD_REFUSED: [502, 'The cloud refused the request'],
  DEPENDENCY_UNAVAILABLE: [503, 'Something that this request needs is down', 'retryable'],
  CLOUD_UNAVAILABLE: [503, 'The cloud does not answer', 'retryable'],
  SHUTTING_DOWN: [503, 'The server is stopping', 'retryable'],
})

export type ErrorCode = keyof typeof errorCatalogue
