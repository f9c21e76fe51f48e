// Which path belongs to which service, as rules of a load balancer: five patterns at most in each, the narrowest first.
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { serviceFacts } from './service-facts.ts'

export interface PathRule {
  readonly service: ServiceName
  readonly patterns: string[]
}

const patternsOfARule = 5

/** The service that gets what no rule names. */
export const serviceOfTheRest = serviceNames.find(name => serviceFacts[name].paths.includes('/*'))!

/** In the order in which they must be asked. */
export function pathRules(): PathRule[] {
  const of = (wanted: (path: string) => boolean) =>
    serviceNames.flatMap(service => {
      const patterns = serviceFacts[service].paths.filter(wanted).flatMap(withItself)
      return chunksOf(patternsOfARule, patterns).map(some => ({ service, patterns: some }))
    })
  const isWhole = (path: string) => !path.endsWith('/*')
  return [...of(isWhole), ...of(path => !isWhole(path) && path !== '/*')]
}

/** `/user/*` does not match `/user` itself. */
function withItself(path: string): string[] {
  return path.endsWith('/*') ? [path.slice(0, -2), path] : [path]
}

function chunksOf<T>(size: number, all: T[]): T[][] {
  return all.length === 0 ? [] : [all.slice(0, size), ...chunksOf(size, all.slice(size))]
}
