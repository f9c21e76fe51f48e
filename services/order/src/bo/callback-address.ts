// Keeps callbacks away from what is not public: a customer names the address, and our network must not be reachable by it.
import type { LookupAddress } from 'node:dns'
import { lookup as lookUpByDns } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from '../models/public-address.ts'

/** All addresses of a name; rejects where it has none. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

interface Needs {
  /** Lets everything through that a URL can name, `http` too: for tests. */
  allowPrivate: boolean
  resolve?: Resolve
}

const resolveWithinMilliseconds = 3_000

export type CallbackAddress = ReturnType<typeof createCallbackAddress>

export function createCallbackAddress({ allowPrivate, resolve = resolveByDns }: Needs) {
  const isAllowed = (address: string) => allowPrivate || isPublicAddress(address)

  async function findAddresses(hostname: string): Promise<LookupAddress[]> {
    const addresses = await within(resolveWithinMilliseconds, resolve(hostname))
    if (addresses.length === 0) throw new Error('the name has no address')
    return addresses
  }

  /** What can be said without asking the DNS. */
  function whatIsWrongWithForm(url: URL): string | undefined {
    if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must begin with https://'
    if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
    const literal = literalAddress(url)
    if (literal !== undefined && !isAllowed(literal)) return 'must lead to a public address'
    return undefined
  }

  return {
    whatIsWrongWithForm,

    /** What keeps a URL from being called back; undefined where nothing does. */
    async whatIsWrongWith(text: string): Promise<string | undefined> {
      if (!URL.canParse(text)) return 'must be a URL'
      const url = new URL(text)
      const problem = whatIsWrongWithForm(url)
      if (problem !== undefined || literalAddress(url) !== undefined) return problem
      try {
        const addresses = await findAddresses(url.hostname)
        // Which addresses they are is not said: names of our network would be told to everybody.
        return addresses.every(({ address }) => isAllowed(address)) ? undefined : 'must lead to a public address'
      } catch {
        return `names the host ${url.hostname}, which cannot be found`
      }
    },

    /**
     * For the socket that connects: judges the very addresses that it is about to use, so that a name which has come to mean
     * another address since the order was placed is refused (DNS rebinding).
     */
    lookup: ((hostname, options, done) => {
      findAddresses(hostname).then(
        addresses => {
          if (!addresses.every(({ address }) => isAllowed(address))) {
            done(new Error(`${hostname} does not lead to a public address`), [])
          } else if (options.all) {
            done(null, addresses)
          } else {
            done(null, addresses[0]!.address, addresses[0]!.family)
          }
        },
        () => done(new Error(`the host ${hostname} cannot be found`), []),
      )
    }) satisfies LookupFunction as LookupFunction,
  }
}

/** The address that a URL names itself; the URL parser has brought every spelling of it (decimal, hex, octal) into one. */
function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0 ? undefined : host
}

function resolveByDns(hostname: string): Promise<LookupAddress[]> {
  return lookUpByDns(hostname, { all: true })
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
