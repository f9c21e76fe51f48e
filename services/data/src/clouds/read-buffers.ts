// Gives back the memory that sockets of HTTP were read into as soon as nobody needs it any more.
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { giveBack } from '../given-back.ts'

const seen = new WeakSet<Socket>()

/**
 * Of all HTTP clients of this thread from now on. Node.js reads into fresh memory of 64 KiB each time, and copies each piece of a body
 * out of it before the listeners of the socket have returned. Left to the collector, it fills the limit that V8 sets for memory
 * outside of its heap, and has it go through all of the heap every few MiB.
 */
export function giveReadBuffersBack(): void {
  subscribe('http.client.request.created', message => {
    const { request } = message as { request: ClientRequest }
    request.once('socket', watch)
  })
}

/** What was read before is given back, and not what was read last: node-fetch looks at it again with the next. */
function watch(socket: Socket): void {
  if (seen.has(socket)) return
  seen.add(socket)
  let last: Buffer | undefined
  socket.on('data', (read: Buffer) => {
    const before = last
    last = read
    if (before) queueMicrotask(() => giveBack(before))
  })
}
