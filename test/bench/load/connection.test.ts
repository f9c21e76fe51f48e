// The generator parses HTTP by itself: it must read every answer whole, however the bytes arrive.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { Connection, requestBytes } from './connection.ts'

const request = requestBytes({ verb: 'GET', path: '/order/1', token: 't' })
const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody'
let server: Server
let connection: Connection

async function serve(onRequest: (socket: Socket, text: string) => void): Promise<void> {
  server = createServer(socket => socket.on('data', bytes => onRequest(socket, bytes.toString())))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  connection = new Connection((server.address() as AddressInfo).port)
}

afterEach(() => {
  connection.close()
  server.close()
})

it('reads an answer that comes byte by byte', async () => {
  await serve(async socket => {
    socket.setNoDelay(true)
    for (const byte of answer) {
      socket.write(byte)
      await new Promise(resolve => setImmediate(resolve))
    }
  })
  const { status, body } = await connection.exchange(request)
  expect([status, body.toString()]).toEqual([200, 'body'])
})

it('sends one request after the other on the same connection', async () => {
  const sockets = new Set<Socket>()
  await serve(socket => {
    sockets.add(socket)
    socket.write(answer)
  })
  await connection.exchange(request)
  await connection.exchange(request)
  expect(sockets.size).toBe(1)
})

it('opens a new connection when the server has closed the idle one', async () => {
  const sockets: Socket[] = []
  await serve(socket => {
    sockets.push(socket)
    socket.write(answer)
  })
  await connection.exchange(request)
  const closed = once(sockets[0]!, 'close')
  sockets[0]!.end()
  await closed
  expect((await connection.exchange(request)).status).toBe(200)
})

it('fails when the server goes away in the middle of an answer', async () => {
  await serve(socket => {
    socket.write(answer.slice(0, -1))
    socket.end()
  })
  await expect(connection.exchange(request)).rejects.toThrow('in the middle of a request')
})

it('refuses an answer that does not say how long it is', async () => {
  await serve(socket => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'))
  await expect(connection.exchange(request)).rejects.toThrow('without Content-Length')
})

it('sends the body with its length in bytes', async () => {
  const texts: string[] = []
  await serve((socket, text) => {
    texts.push(text)
    socket.write(answer)
  })
  await connection.exchange(requestBytes({ verb: 'POST', path: '/user/order', token: 't', body: '"é"' }))
  expect(texts.join('')).toContain('Content-Length: 4\r\n\r\n"é"')
})
