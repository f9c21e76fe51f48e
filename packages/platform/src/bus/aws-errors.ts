// What the errors of AWS mean to us (SNS and SQS API references, "Common Errors" and the errors of each action).

interface AwsError extends Error {
  $metadata?: { httpStatusCode?: number }
}

/** We are not allowed to do this; everything else may go on. */
export function isDenied(error: unknown): boolean {
  return /AccessDenied|AuthorizationError/.test((error as Error).name)
}

export function isMissingQueue(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test((error as Error).name)
}

/** A queue of this name stands with other attributes. */
export function isOtherQueue(error: unknown): boolean {
  return /QueueNameExists|QueueAlreadyExists/.test((error as Error).name)
}

/** A subscription of this queue stands with other attributes. */
export function isOtherSubscription(error: unknown): boolean {
  return /InvalidParameter/.test((error as Error).name) && /already exists/.test((error as Error).message)
}

/** AWS is out of reach, broken, does not know who we are, or what we stand on is gone: nothing works before that is mended. */
export function isLost(error: unknown): boolean {
  const { name, $metadata } = error as AwsError
  if (isDenied(error) || /Throttl|TooManyRequests|OverLimit/.test(name)) return false
  const status = $metadata?.httpStatusCode
  return status === undefined || status === 403 || status === 404 || status >= 500 || isMissingQueue(error)
}
