// `waybill processes`: lists the work behind orders, or shows how far one is without following it.
import type { Process, ProcessState } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { UsageError } from '../failures.ts'
import { idOrLast, processIdOf } from '../newest.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { wholeNumber } from '../read-number.ts'
import { readableDuration } from '../readable.ts'
import { drawFacts, drawTable } from '../table.ts'
import { type WhoseOptions, whoseFilter, whoseOptions } from '../whose.ts'

interface Options extends WhoseOptions {
  state?: ProcessState
  limit?: number
  wait?: number
}

const longestWait = 60
const statuses: Record<ProcessState, Process['status']> = { under_process: 0, success: 1, failure: 2 }

export const command = defineCommand<Options>({
  description:
    'The PROCESS_ID of an order, its status (0 under_process, 1 success, 2 failure) and percentage. With an id: that process; `waybill watch` follows it.',
  arguments: [{ name: 'process-id', ...idOrLast, optional: true }],
  options: [
    { flags: '--state <state>', description: 'only those in this state', choices: Object.keys(statuses) },
    limitOption,
    ...whoseOptions('processes'),
    {
      flags: '--wait <seconds>',
      description: `with an id: answer when it changes, or after so many seconds, 1-${longestWait}`,
      parse: wholeNumber('--wait', 1, longestWait),
    },
  ],
  examples: [
    { what: 'What is being worked on', line: 'waybill processes --state under_process' },
    { what: 'How far is the newest?', line: 'waybill processes last' },
    {
      what: 'Its status, a number, for a script',
      line: `waybill processes last --json | grep -o '"status":[0-9]'`,
    },
  ],
  async run({ args, options, terminal, session }) {
    const { processes } = session.client
    const { state, limit, wait } = options
    if (args[0] !== undefined) {
      const process = await processes.get(await processIdOf(args[0], session), { wait })
      return terminal.result(process, () => drawProcess(process))
    }
    if (wait !== undefined) throw new UsageError('--wait for which process?', 'waybill processes last --wait 20')
    const status = state && statuses[state]
    const found = await takeFirst(page => processes.list({ status, ...whoseFilter(options), ...page }), limit, terminal)
    await terminal.result(found, () => {
      if (found.length === 0) return 'no processes: waybill order airports begins one'
      const rows = found.map(it => [
        it.process_id,
        stateOf(it),
        `${it.percentage} %`,
        it.order_id,
        it.created_at,
        it.reason ?? it.step,
      ])
      return drawTable(['PROCESS', 'STATUS', 'DONE', 'ORDER', 'BEGUN', 'STEP'], rows, terminal.width)
    })
  },
})

const stateOf = ({ status, state }: Process) => `${status} ${state}`

function drawProcess(process: Process): string[] {
  const { eta_seconds } = process
  return drawFacts({
    process: process.process_id,
    order: process.order_id,
    status: stateOf(process),
    done: `${process.percentage} %${eta_seconds === null ? '' : `, about ${readableDuration(eta_seconds)} left`}`,
    step: process.step,
    reason: process.reason,
    begun: process.created_at,
    changed: process.updated_at,
    finished: process.finished_at,
    data: process.data_url && `waybill data --process ${process.process_id} (GET ${process.data_url})`,
  })
}
