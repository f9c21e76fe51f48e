// Which IP addresses are public (IANA special-purpose registries): the rest is refused, whatever form it comes in.
import ipaddr from 'ipaddr.js'

type IPv4 = ipaddr.IPv4
type IPv6 = ipaddr.IPv6

/** Registered since ipaddr.js made its list, or left out of it. */
const specialIPv4 = ['192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15'].map(range => ipaddr.IPv4.parseCIDR(range))
const globalIPv6 = ipaddr.IPv6.parseCIDR('2000::/3')
const specialIPv6 = ['2001::/23', '2001:db8::/32', '3fff::/20'].map(range => ipaddr.IPv6.parseCIDR(range))
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
const sixToFour = ipaddr.IPv6.parseCIDR('2002::/16')
const teredo = ipaddr.IPv6.parseCIDR('2001::/32')

/** False for what is not an address at all. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  return address.kind() === 'ipv4' ? isPublicIPv4(address as IPv4) : isPublicIPv6(address as IPv6)
}

function isPublicIPv4(address: IPv4): boolean {
  return address.range() === 'unicast' && !specialIPv4.some(range => address.match(range))
}

function isPublicIPv6(address: IPv6): boolean {
  const { parts } = address
  // Forms that carry an IPv4 address are as public as that is.
  if (address.isIPv4MappedAddress() || address.match(translated)) return isPublicIPv4(embedded(parts[6]!, parts[7]!))
  if (address.match(sixToFour)) return isPublicIPv4(embedded(parts[1]!, parts[2]!))
  if (address.match(teredo)) {
    const server = embedded(parts[2]!, parts[3]!)
    const client = embedded(parts[6]! ^ 0xffff, parts[7]! ^ 0xffff) // RFC 4380: stored inverted
    return isPublicIPv4(server) && isPublicIPv4(client)
  }
  // Only 2000::/3 is given out for the internet: loopback, local, mapped, discard and multicast ranges all lie outside of it.
  return address.match(globalIPv6) && address.range() === 'unicast' && !specialIPv6.some(range => address.match(range))
}

function embedded(high: number, low: number): IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff])
}
