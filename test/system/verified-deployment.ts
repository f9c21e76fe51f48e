// Has `waybill verify` go the whole way against a deployment of a test, and tells what did not pass.
import { freePort } from '@waybill/platform/testing'
import { newPerson } from '../../apps/cli/test/waybill-command.ts'
import { password } from './customer.ts'

export const operatorSettings = { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password }
/** Of every process: an operator, and callbacks to this machine. */
export const verifiableSettings = { ...operatorSettings, CALLBACK_ALLOW_PRIVATE: 'true' }

interface Row {
  check: string
  outcome: string
  detail: string
}

export interface Verified {
  code: number | null
  verdict: string
  /** Failed or left out. */
  notPassed: Row[]
  checked: number
}

interface Options {
  operator?: typeof operatorSettings
  /** Whether the deployment can call this machine back. */
  callsBack?: boolean
}

/** The audit is asked for at once: waiting for it costs half a minute, and a test of the command does. */
export async function verified(url: string, options: Options = {}): Promise<Verified> {
  const { operator = operatorSettings, callsBack = true } = options
  const person = await newPerson(url)
  try {
    const words = ['--orders', '12', '--audit-after', '0']
    const callback = callsBack ? ['--strict', '--callback-url', `http://127.0.0.1:${await freePort()}/hook`] : []
    const { OPERATOR_EMAIL, OPERATOR_PASSWORD } = operator
    const env = { WAYBILL_OPERATOR_EMAIL: OPERATOR_EMAIL, WAYBILL_OPERATOR_PASSWORD: OPERATOR_PASSWORD }
    const { code, out, err } = await person.run(['verify', '--json', ...words, ...callback], { env })
    if (out === '') throw new Error(`waybill verify printed no card: ${err}`)
    const card = JSON.parse(out)
    const notPassed = card.rows.filter(({ outcome }: Row) => outcome !== 'passed')
    return { code, verdict: card.verdict, notPassed, checked: card.audit?.checked ?? 0 }
  } finally {
    await person.remove()
  }
}
