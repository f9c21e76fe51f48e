// Calls between a thread of exports and whoever began one, over the port of that export.
import type { MessagePort } from 'node:worker_threads'
import { type BirpcReturn, createBirpc } from 'birpc'
import { type PackedError, packError, unpackError } from './cloud-error.ts'

interface Message {
  /** What a call came to where it failed. */
  e?: unknown
}

/** @param ours what may be called from the other end. A call has as much time as it takes: it is for those who are called to bound it. */
export function callOver<Theirs extends object, Ours extends object>(
  port: MessagePort,
  ours: Ours,
): BirpcReturn<Theirs, Ours> {
  return createBirpc<Theirs, Ours>(ours, {
    post: message => port.postMessage(message),
    on: hear => port.on('message', hear),
    off: hear => port.off('message', hear),
    // A copy of an error has lost its class.
    serialize: ({ e, ...message }: Message) => (e === undefined ? message : { ...message, e: packError(e) }),
    deserialize: ({ e, ...message }: Message) =>
      e === undefined ? message : { ...message, e: unpackError(e as PackedError) },
    bind: 'functions',
    timeout: -1,
  })
}
