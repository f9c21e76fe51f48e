// The failures that the command line itself finds; those of the server come as the SDK's errors.

/** Exit codes: what scripts go by. */
export const exitCodes = { done: 0, refused: 1, usage: 2, outOfReach: 3 } as const

/** The line cannot be understood: exit 2. `correct` is a line that would be right. */
export class UsageError extends Error {
  readonly correct: string | undefined

  constructor(message: string, correct?: string) {
    super(message)
    this.correct = correct
  }
}

/** What was asked for did not come to be, and not for want of a server: exit 1. */
export class Refusal extends Error {
  readonly title: string
  readonly code: string
  /** Where the whole outcome has been printed already. */
  readonly isTold: boolean

  constructor(code: string, title: string, detail: string, { isTold = false } = {}) {
    super(detail)
    this.title = title
    this.code = code
    this.isTold = isTold
  }
}

/** The connection was lost for good in the middle of something: exit 3. */
export class OutOfReach extends Error {}

/** S3 or KMS, not a server of Waybill: exit 3. */
export class ConfigurationOutOfReach extends Error {}
