// Streams that are cut in the middle go on where they were, and what arrives is what was sent.
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTcpProxy, type TcpProxy } from '@waybill/platform/testing'
import { type Explanation, type Process, Waybill } from '@waybill/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'

const credentials = { email: 'ada@example.com', password: 'correct horse battery' }
/** More than what fits into the buffers on its way. */
const lines = 200_000
let home: Awaited<ReturnType<typeof newHome>>
let server: RunningServer
let proxy: TcpProxy
let waybill: Waybill
let processId: string

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home)
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  waybill = client()
  const { account } = await waybill.signUp({ name: 'Ada', ...credentials, cloud: 'LOCAL' })
  await waybill.signIn(credentials)
  const folder = join(home.home, 'clouds/local', account)
  await mkdir(folder, { recursive: true })
  const records = Array.from({ length: lines }, (_, at) => `{"at":${at},"text":"${'x'.repeat(100)}"}\n`)
  await writeFile(join(folder, 'large.ndjson'), records.join(''))
  const { process, finished } = await waybill.orders.place({
    ...{ items: [{ dataset: 'large' }], payment: { token: 'tok_approve' } },
  })
  processId = process.process_id
  await finished()
})
afterAll(async () => {
  await proxy?.stop()
  await server?.stop()
  await home.remove()
})

/** Through the door that the tests slam. */
const client = (fetcher: typeof fetch = fetch) =>
  new Waybill({ server: `http://127.0.0.1:${proxy.port}`, fetch: fetcher })

async function signedIn(fetcher: typeof fetch): Promise<Waybill> {
  const other = client(fetcher)
  await other.signIn(credentials)
  return other
}

/** An order that waits until `pay` is called. */
async function waitingOrder() {
  const placed = await waybill.orders.place({ items: [{ dataset: 'large' }], payment: { mode: 'later' } })
  const pay = () => waybill.payments.pay({ order_id: placed.order.id, token: 'tok_approve' })
  return { ...placed, pay }
}

describe('following a process', () => {
  test('goes on after the connection was cut, and once the server is back', async () => {
    const { process, pay } = await waitingOrder()
    const seen: Process[] = []
    for await (const it of waybill.processes.watch(process.process_id)) {
      seen.push(it)
      if (seen.length > 1) continue
      proxy.cut()
      await proxy.refuse()
      setTimeout(() => void proxy.accept().then(pay), 700)
    }
    expect(seen.at(-1)).toMatchObject({ status: 1, percentage: 100 })
    expect(new Set(seen.map(({ updated_at, status }) => updated_at + status)).size).toBe(seen.length)
  })

  test('asks and waits where no stream gets through', async () => {
    const asked: string[] = []
    const withoutStreams = await signedIn(async (input, init) => {
      const headers = new Headers(init?.headers)
      if (String(input).includes('/process/')) asked.push(headers.get('prefer') ?? headers.get('accept')!)
      if (headers.get('accept') === 'text/event-stream') return new Response('busy', { status: 504 })
      return fetch(input, init)
    })
    const { process, pay } = await waitingOrder()
    const finished = withoutStreams.processes.finished(process.process_id, {
      onProgress: () => void pay().catch(() => {}),
    })
    expect(await finished).toMatchObject({ status: 1 })
    expect(asked).toContain('wait=20')
  })

  test('ends with its signal', async () => {
    const { finished } = await waitingOrder()
    const stop = new AbortController()
    const ending = finished({ signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
    await expect(ending).rejects.toThrow('enough')
  })

  test('of a process that is not there says so at once', async () => {
    const nobodys = waybill.processes.finished('01939d5e-0000-7000-8000-000000000000')
    await expect(nobodys).rejects.toMatchObject({ code: 'PROCESS_NOT_FOUND' })
  })
})

describe('following an explanation', () => {
  test('says when the connection is lost and when it is back, and goes on', async () => {
    const { order, pay } = await waitingOrder()
    const connections: boolean[] = []
    let last: Explanation | undefined
    const onConnection = (isConnected: boolean) => {
      connections.push(isConnected)
      if (isConnected) void pay()
      else void proxy.accept()
    }
    for await (const explanation of waybill.orders.watchExplanation(order.id, { onConnection })) {
      if (last === undefined) {
        proxy.cut()
        await proxy.refuse()
      }
      last = explanation
    }
    expect(connections).toEqual([false, true])
    expect(last).toMatchObject({ state: 'delivered', ended: true })
  })
})

describe('downloading', () => {
  test('goes on in the middle of the file after a cut, and every byte arrives', async () => {
    const ranges: (string | null)[] = []
    const cutting = await signedIn((input, init) => {
      const headers = new Headers(init?.headers)
      if (headers.get('accept') === 'application/x-ndjson') ranges.push(headers.get('range'))
      return fetch(input, init)
    })
    const file = await cutting.data.file(processId)
    const hash = createHash('sha256')
    let bytes = 0
    let cuts = 0
    for await (const chunk of file.stream) {
      hash.update(chunk)
      bytes += chunk.length
      if (bytes > (cuts + 1) * 3_000_000 && cuts < 2) {
        cuts++
        proxy.cut()
      }
    }
    expect([bytes, hash.digest('hex')]).toEqual([file.bytes, file.sha256])
    expect(ranges).toEqual([null, ...Array(2).fill(expect.stringMatching(/^bytes=\d{6,}-\d+$/))])
  })

  test('goes on when the connection has gone silent for the timeout', async () => {
    const { stream, bytes } = await waybill.data.file(processId, 'large', { timeout: 500 })
    const reader = stream.getReader()
    await reader.read()
    proxy.hold()
    setTimeout(() => proxy.cut(), 1_500)
    setTimeout(() => proxy.release(), 1_500)
    let rest = 0
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) rest += piece.value.length
    expect(rest).toBeGreaterThan(bytes / 2)
  })

  test('goes on from what is kept of an earlier one', async () => {
    const { bytes, stream } = await waybill.data.file(processId, 'large', { start: 20_000_000 })
    expect((await new Response(stream).arrayBuffer()).byteLength).toBe(bytes - 20_000_000)
    const rest = await waybill.data.file(processId, 'large', { start: bytes })
    expect(await new Response(rest.stream).text()).toBe('')
  })

  test('refuses what is not what was delivered', async () => {
    const garbling = await signedIn(async (input, init) => {
      const response = await fetch(input, init)
      if (!response.headers.get('content-type')?.includes('ndjson')) return response
      const garbled = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => controller.enqueue(chunk.map(byte => (byte === 120 ? 121 : byte))),
      })
      return new Response(response.body!.pipeThrough(garbled), response)
    })
    const { stream } = await garbling.data.file(processId)
    await expect(new Response(stream).arrayBuffer()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' })
  })

  test('is not pieced together from two files', async () => {
    let answers = 0
    const changing = await signedIn((input, init) => {
      const headers = new Headers(init?.headers)
      if (headers.get('accept') === 'application/x-ndjson' && answers++ > 0) headers.set('if-range', '"another"')
      return fetch(input, { ...init, headers })
    })
    const { stream } = await changing.data.file(processId)
    const reader = stream.getReader()
    await reader.read()
    proxy.cut()
    const readOn = async () => {
      while (!(await reader.read()).done);
    }
    await expect(readOn()).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  test('ends when the stream is cancelled', async () => {
    const { stream } = await waybill.data.file(processId)
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => proxy.connections, { timeout: 10_000 }).toBeLessThan(4)
  })
})
