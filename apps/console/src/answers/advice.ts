// What a person can do about an error, by its code, where the server's own words leave that open.

export interface Advice {
  advice?: string
  link?: { to: string; label: string }
}

const chooseCloud = { to: '/cloud', label: 'Choose a cloud' }
const order = { to: '/orders/new', label: 'Order an export' }

const advices: Record<string, Advice> = {
  CLOUD_NOT_REGISTERED: { advice: 'Choose the cloud that your data lives in; it takes one click.', link: chooseCloud },
  CLOUD_NOT_ENABLED: {
    advice: 'Choose another cloud, or ask those who run this server to set it up.',
    link: chooseCloud,
  },
  CLOUD_UNAVAILABLE: { advice: 'The cloud does not answer at the moment. Nothing of yours is lost.' },
  CLOUD_REFUSED: { advice: 'The cloud does not let us in: those who run this server must look at its settings.' },
  ORDER_REQUIRED: { advice: 'This cloud hands data out by order only.', link: order },
  CURSOR_EXPIRED: { advice: 'The data changed while you were reading: begin again at the first page.' },
  TOO_MANY_REQUESTS: { advice: 'Wait a moment, then go on.' },
  FORBIDDEN: { advice: 'This is for operators.' },
  SERVER_UNREACHABLE: { advice: 'Check your connection. What you ordered goes on without you.' },
  TIMED_OUT: { advice: 'The server is slow or your connection is. What you ordered goes on without you.' },
  INTERNAL_ERROR: { advice: 'Tell those who run this server the request below.' },
  ORDER_NOT_FOUND: { link: { to: '/orders', label: 'Your orders' } },
  USER_NOT_FOUND: { link: { to: '/operations/users', label: 'All users' } },
  PAYMENT_NOT_FOUND: { link: { to: '/payments', label: 'Your payments' } },
  CLOUD_NOT_FOUND: { link: { to: '/operations/clouds', label: 'All clouds' } },
  CLOUD_EXISTS: { advice: 'Take another name, or change the settings of the one that is there.' },
  LAST_OPERATOR: { advice: 'Make somebody else an operator, then try again.' },
  REFUND_EXCEEDS_CAPTURED: {
    advice:
      'Somebody else gave money back meanwhile, or is about to. Look at what is left, and choose a smaller amount.',
  },
  PAYMENT_BUSY: { advice: 'The gateway has not yet said what became of the step before. Wait a moment, then go on.' },
  GATEWAY_REFUSED: { advice: 'No money has moved. The attempts of this payment say what the gateway answered.' },
  SERVICE_NOT_HOSTED: {
    advice: 'The process that answered does not run this service: choose another service, or try again.',
  },
  DATASET_NOT_FOUND: { link: { to: '/datasets', label: 'Your datasets' } },
}

export function adviceFor(code: string): Advice {
  return advices[code] ?? {}
}
