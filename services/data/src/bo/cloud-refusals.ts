// What a client is told when a cloud says no, says nothing, or does not have what was asked for.
import { type ApiError, refuse } from '@waybill/platform/http'
import { TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel'
import {
  CloudRefused,
  CloudUnavailable,
  DatasetNotFound,
  OrderNeeded,
  SourceBroken,
  SourceChanged,
} from '../clouds/cloud-error.ts'

/** However often a cloud is asked again, and whatever it is made of: a client is not kept waiting for longer. */
const answerSeconds = 15
const inTime = timeout(answerSeconds * 1_000, TimeoutStrategy.Aggressive)

/** Answers what the cloud answers; throws a refusal of the catalogue for what it throws, and where it takes too long. */
export async function askCloud<T>(answer: Promise<T>): Promise<T> {
  try {
    return await inTime.execute(() => answer)
  } catch (error) {
    throw refusalFor(error) ?? error
  }
}

function refusalFor(error: unknown): ApiError | undefined {
  const { message } = error as Error
  if (error instanceof DatasetNotFound) return refuse('DATASET_NOT_FOUND', `${message}: GET /data lists what there is`)
  if (error instanceof SourceChanged) return refuse('CURSOR_EXPIRED', `${message}: begin again without a cursor`)
  if (error instanceof OrderNeeded)
    return refuse('ORDER_REQUIRED', `${message}: POST /user/order, then read the delivery`)
  if (error instanceof CloudRefused || error instanceof SourceBroken) return refuse('CLOUD_REFUSED', message)
  if (error instanceof CloudUnavailable) return unavailable(message, error)
  if (error instanceof TaskCancelledError) {
    return unavailable(`the cloud did not answer within ${answerSeconds} s: try again in a moment`, error)
  }
  // Of the file system: which file it was is nothing for a client.
  if (error instanceof Error && 'syscall' in error) {
    return unavailable('the cloud could not be read: try again in a moment', error)
  }
  return undefined
}

function unavailable(detail: string, cause: Error): ApiError {
  return refuse('CLOUD_UNAVAILABLE', detail, { headers: { 'Retry-After': '5' }, cause })
}

/** True where an export that met this error would meet it again. Its message is for the customer. */
export function isFinalRefusal(error: unknown): error is Error {
  return error instanceof DatasetNotFound || error instanceof CloudRefused || error instanceof SourceBroken
}
