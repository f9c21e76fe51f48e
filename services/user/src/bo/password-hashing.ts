// Passwords are kept as argon2id hashes (OWASP Password Storage: m = 19 MiB, t = 2, p = 1); hashing is slow on purpose, so it queues.
import { hash, verify } from '@node-rs/argon2'
import { refuse } from '@waybill/platform/http'

export interface PasswordHashing {
  hash(password: string): Promise<string>
  /** Takes the same time whether it matches or not. */
  verify(passwordHash: string, password: string): Promise<boolean>
}

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** More at once would only make each slower, and starve what else the thread pool does. */
const atOnce = 2
const waitingAtMost = 200

export function createPasswordHashing(): PasswordHashing {
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
    hash: password => inTurn(() => hash(password, parameters)),
    verify: (passwordHash, password) => inTurn(() => verify(passwordHash, password)),
  }
}
