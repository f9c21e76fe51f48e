// Ports for processes that must be told theirs before they start.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: nobody is handed one of these in between, nor while a killed process is away. */
const firstPort = 20_000
const lastPort = 31_999
/** Workers of one run stay out of each other's way. */
const slices = 12
const sliceSize = (lastPort - firstPort + 1) / slices
const slice = Number(process.env.VITEST_POOL_ID ?? 0) % slices
let next = process.pid % sliceSize

/** Different TCP ports of 127.0.0.1 that nothing listens at, in a row where `inARow`. No process of the same run is given them soon again. */
export async function freePorts(count: number, { inARow = false } = {}): Promise<number[]> {
  const ports: number[] = []
  for (let tried = 0; ports.length < count; tried++) {
    if (tried === sliceSize) throw new Error(`no ${count} free ports from ${firstPort} to ${lastPort}`)
    const port = firstPort + slice * sliceSize + (next++ % sliceSize)
    if (await isFree(port)) {
      if (inARow && ports.length > 0 && ports.at(-1) !== port - 1) ports.length = 0
      ports.push(port)
    } else if (inARow) ports.length = 0
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch {
    return false
  }
  await new Promise(resolve => probe.close(resolve))
  return true
}
