// What can go wrong between us and a cloud, told apart by what helps: other settings, time, another name, or starting anew.

/** The cloud answered and said no, or holds what it must not: trying again does not help. The message is for the customer. */
export class CloudRefused extends Error {
  override readonly name = 'CloudRefused'
}

/** The cloud did not answer, or said that it cannot just now: trying again helps. */
export class CloudUnavailable extends Error {
  override readonly name = 'CloudUnavailable'
}

export class DatasetNotFound extends Error {
  override readonly name = 'DatasetNotFound'

  constructor(dataset: string, cloud: string) {
    super(`there is no dataset ${dataset} in ${cloud}`)
  }
}

/** A source is not what its ending says; the message names the file and the line. */
export class SourceBroken extends Error {
  override readonly name = 'SourceBroken'
}

/** What is asked for takes an order: it is too much for an answer at once. The message is for the customer. */
export class OrderNeeded extends Error {
  override readonly name = 'OrderNeeded'
}

/** A source is not the one that was begun: whoever reads it starts anew. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged'
}

/** What an unfinished upload held is gone: it starts anew. */
export class UploadLost extends Error {
  override readonly name = 'UploadLost'
}

const kinds = [CloudRefused, CloudUnavailable, DatasetNotFound, SourceBroken, OrderNeeded, SourceChanged, UploadLost]

/** An error on its way to another thread. */
export interface PackedError {
  name: string
  message: string
  stack?: string
}

export function packError(error: unknown): PackedError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return { name, message, stack }
}

/** Of its class again, where that is one of these. */
export function unpackError({ name, message, stack }: PackedError): Error {
  const error = Object.assign(new Error(message), { name, stack })
  const kind = kinds.find(one => one.name === name)
  return kind ? Object.setPrototypeOf(error, kind.prototype) : error
}
