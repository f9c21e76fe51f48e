// `waybill order`: orders an export of datasets, and follows it where asked to.
import { type Compression, paymentGateways } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { followProcess } from '../follow-process.ts'
import { readItems } from '../ordered-items.ts'
import { readableMoney } from '../readable.ts'

interface Options {
  watch?: boolean
  later?: boolean
  gateway?: string
  token?: string
  callbackUrl?: string
  idempotencyKey?: string
  compression?: Compression
}

export const command = defineCommand<Options>({
  description:
    'Each dataset is exported as NDJSON, or as CSV with ":csv" behind its name. The PROCESS_ID follows the work: see `waybill watch`.',
  arguments: [{ name: 'dataset', description: 'a dataset of your cloud, such as movies or cars:csv', repeated: true }],
  options: [
    { flags: '--compression <name>', description: 'what the files are to be packed with', choices: ['gzip', 'zstd'] },
    { flags: '-w, --watch', description: 'follow the work to its end' },
    { flags: '--later', description: 'pay later, with `waybill pay`' },
    { flags: '--gateway <name>', description: 'the payment gateway', choices: paymentGateways },
    {
      flags: '--token <token>',
      description: 'the payment token; mock: tok_approve, tok_decline, tok_slow, tok_outage, tok_lost',
    },
    { flags: '--callback-url <url>', description: 'a public https address to be called when the work ends' },
    { flags: '--idempotency-key <key>', description: 'makes lines with the same key one order' },
  ],
  examples: [
    {
      what: 'Order two datasets and follow the work',
      line: 'waybill order movies cars:csv --token tok_approve --watch',
    },
    { what: 'Order a packed file', line: 'waybill order airports --compression gzip --token tok_approve' },
    { what: 'Order now, pay later', line: 'waybill order airports --later' },
  ],
  async run({ args, options, terminal, session }) {
    const items = readItems(args, options.compression)
    const { later, gateway, token, callbackUrl, idempotencyKey } = options
    const { order, process } = await session.client.orders.place(
      { items, callback_url: callbackUrl, payment: { mode: later ? 'later' : 'now', gateway, token } },
      { idempotencyKey },
    )
    await terminal.result({ order, process }, () => [
      `order ${order.id}: ${readableMoney(order.amount, order.currency)}, ${later ? 'to be paid later' : 'to be paid now'}`,
      `process ${process.process_id}`,
    ])
    if (options.watch) await followProcess(process.process_id, session, terminal)
  },
})
