// Ports that stay free while nobody listens: a killed process must find its own again when it is started.
import { createServer } from 'node:net'

/** Below those that systems lend to outgoing connections. */
const lowest = 12_000
const highest = 32_000
const handedOut = new Set<number>()

export async function quietPort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
