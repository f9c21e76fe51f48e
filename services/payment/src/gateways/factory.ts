// The gateways of this build, by name, and those of them that this installation has set up.
import type { PaymentGateway } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import { SettingsError } from '@waybill/platform/config'
import type { Gateway, GatewayContext, OpenGateway } from './gateway.ts'

export interface GatewayKind {
  /** Where this setting is missing or false nobody can pay by it, and its file is not loaded, nor its SDK. */
  needs?: keyof Settings
  load(): Promise<{ openGateway: OpenGateway }>
}

/** A line each: the names that clients may choose are those of the contract, and the compiler misses none. */
export const gatewayKinds: Record<PaymentGateway, GatewayKind> = {
  mock: { needs: 'PAYMENT_MOCK', load: () => import('./mock.ts') },
  stripe: { needs: 'STRIPE_SECRET_KEY', load: () => import('./stripe.ts') },
}

/** Those that are set up. Throws a SettingsError where none is. */
export async function openGateways(kinds: Record<string, GatewayKind>, context: GatewayContext): Promise<Gateway[]> {
  const setUp = Object.values(kinds).filter(({ needs }) => !needs || Boolean(context.settings[needs]))
  if (setUp.length === 0) {
    const needed = Object.entries(kinds).map(([name, { needs }]) => `${needs} for ${name}`)
    throw new SettingsError([`PAYMENT_MOCK is false and no other gateway is set up: set one of ${needed.join(', ')}`])
  }
  return Promise.all(setUp.map(async kind => (await kind.load()).openGateway(context)))
}

export interface GatewayRefusal {
  /** The field of a request that is wrong. */
  field: 'gateway' | 'token'
  message: string
  /** The same for those who are told by a declined payment. */
  declineCode: 'unknown_gateway' | 'invalid_token'
}

export interface Gateways {
  /** Of those that are set up, in the order of the build. */
  readonly names: readonly string[]
  /** The one of an order that names none. */
  readonly preferred: string
  find(name: string): Gateway | undefined
  /** Why nobody can pay so; undefined where they can. */
  refusalOf(name: string, token: string | null): GatewayRefusal | undefined
}

export function createGateways(kinds: Record<string, GatewayKind>, gateways: Gateway[]): Gateways {
  const byName = new Map(gateways.map(gateway => [gateway.name, gateway]))
  return {
    names: [...byName.keys()],
    preferred: gateways[0]!.name,
    find: name => byName.get(name),
    refusalOf(name, token) {
      const gateway = byName.get(name)
      if (!gateway) {
        const missing = Object.hasOwn(kinds, name)
          ? ` (${kinds[name]!.needs} is ${name === 'mock' ? 'false' : 'missing'})`
          : ''
        const message = `${name} is not set up on this installation${missing}: use one of [${[...byName.keys()].join(', ')}]`
        return { field: 'gateway', message, declineCode: 'unknown_gateway' }
      }
      const message = gateway.refusalOf(token)
      return message === undefined ? undefined : { field: 'token', message, declineCode: 'invalid_token' }
    },
  }
}
