// Passwords are kept as argon2id hashes (OWASP Password Storage: m = 19 MiB, t = 2, p = 1); hashing is slow on purpose, so it queues.
import * as argon2 from '@node-rs/argon2'
import { refuse } from '@waybill/platform/http'

export interface PasswordHashing {
  hash(password: string): Promise<string>
  /** Takes the same time whether it matches or not. */
  verify(passwordHash: string, password: string): Promise<boolean>
}

/** The slow functions themselves. */
export interface HashFunctions {
  hash(password: string): Promise<string>
  verify(passwordHash: string, password: string): Promise<boolean>
}

/**
 * The hash of 256 random bits that were thrown away, made with the parameters below: what is verified where there is no
 * user. Not made at start: that would cost every start the time and the memory of a hashing.
 */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$6hk9jzks+25y7vbv1hr7iw$H/9i9TDDgbBalE2S6jfsri5mHhyn5RjsTzxNB7SeXC8'

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
export const argon2id: HashFunctions = {
  hash: password => argon2.hash(password, parameters),
  verify: (passwordHash, password) => argon2.verify(passwordHash, password),
}

export interface PasswordHashingOptions {
  functions?: HashFunctions
  /** More at once would only make each slower, and starve what else the thread pool does. */
  atOnce?: number
  /** Those beyond are told to come again; 200 take about two seconds. */
  waitingAtMost?: number
}

export function createPasswordHashing(options: PasswordHashingOptions = {}): PasswordHashing {
  const { functions = argon2id, atOnce = 2, waitingAtMost = 200 } = options
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<R>(work: () => Promise<R>): Promise<R> {
    if (running >= atOnce) {
      if (waiting.length >= waitingAtMost) {
        throw refuse(
          'DEPENDENCY_UNAVAILABLE',
          'too many people are signing in at this moment: try again in a few seconds',
          {
            headers: { 'Retry-After': '3' },
          },
        )
      }
      // Whoever leaves hands their place over, so the count stays as it is.
      await new Promise<void>(resolve => waiting.push(resolve))
    } else {
      running++
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    hash: password => inTurn(() => functions.hash(canonical(password))),
    verify: (passwordHash, password) => inTurn(() => functions.verify(passwordHash, canonical(password))),
  }
}

/** The same password typed on another keyboard is the same bytes (NIST SP 800-63B 5.1.1.2). */
function canonical(password: string): string {
  return password.normalize('NFKC')
}
