// The gateways of this installation, by name.
import type { Gateway } from './gateway.ts'

export interface GatewayRefusal {
  /** The field of a request that is wrong. */
  field: 'gateway' | 'token'
  message: string
  /** The same for those who are told by a declined payment. */
  declineCode: 'unknown_gateway' | 'invalid_token'
}

export interface Gateways {
  find(name: string): Gateway | undefined
  /** Why nobody can pay so; undefined where they can. */
  refusalOf(name: string, token: string | null): GatewayRefusal | undefined
}

export function createGateways(gateways: Gateway[]): Gateways {
  const byName = new Map(gateways.map(gateway => [gateway.name, gateway]))
  return {
    find: name => byName.get(name),
    refusalOf(name, token) {
      const gateway = byName.get(name)
      if (!gateway) {
        const message = `${name} is not set up on this installation: use one of [${[...byName.keys()].join(', ')}]`
        return { field: 'gateway', message, declineCode: 'unknown_gateway' }
      }
      const message = token === null ? undefined : gateway.refusalOf(token)
      return message === undefined ? undefined : { field: 'token', message, declineCode: 'invalid_token' }
    },
  }
}
