// The floor under the reads: bare Express handlers that read the same row or page, without sign-in.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import express, { type Express } from 'express'
import { splitLine, toRecord } from './csv-lines.ts'
import type { FloorStore, Row } from './floor-store.ts'

const findOrder =
  'select id, user_id, cloud, state, cancel_reason, items, amount, currency, process_id, payment_mode, version, created_at, updated_at from orders where id = ?'
const findProcess =
  'select process_id, order_id, status, percentage, step, reason, created_at, updated_at, finished_at from user_processes where process_id = ?'
const times = ['created_at', 'updated_at', 'finished_at']
const pageBytes = 16 * 1_024

export function readRows(store: FloorStore, home: string): Express {
  const app = express()
  app.set('etag', false)
  app.set('x-powered-by', false)

  app.get('/order/:id', async (request, response) => {
    const [row] = await store.read(findOrder, [request.params.id])
    response.json({ request_id: row!.id, data: { ...withTimes(row!), items: JSON.parse(row!.items as string) } })
  })

  app.get('/process/:id', async (request, response) => {
    const [row] = await store.read(findProcess, [request.params.id])
    const data = {
      ...withTimes(row!),
      state: 'success',
      eta_seconds: null,
      data_url: `/data?process_id=${row!.process_id}`,
    }
    response.json({ request_id: row!.process_id, data })
  })

  app.get('/data', async (request, response) => {
    const { dataset, limit } = request.query as { dataset: string; limit: string }
    const file = await open(join(home, `${dataset}.csv`))
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pageBytes), 0, pageBytes, 0)
    await file.close()
    const [head, ...lines] = buffer.toString('utf8', 0, bytesRead).split('\n', Number(limit) + 1)
    const columns = splitLine(head!)
    const records = lines.map(line => toRecord(columns, line))
    const data = { cloud: 'LOCAL', dataset, as_of: new Date().toISOString(), records }
    response.json({ request_id: dataset, data, page: { next_cursor: limit } })
  })
  return app
}

function withTimes(row: Row): Row {
  const shown = { ...row }
  for (const name of times) if (typeof shown[name] === 'number') shown[name] = new Date(shown[name]).toISOString()
  return shown
}
