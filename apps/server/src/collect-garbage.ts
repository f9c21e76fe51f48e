// What a start leaves behind is given back before there is work: V8 would carry it along until its heap has grown past it.
import { Session } from 'node:inspector/promises'

/**
 * Collects all of this thread's garbage, compacts its heap and gives the pages back; takes some 50 ms after a start.
 * Source: HeapProfiler.collectGarbage of the Chrome DevTools Protocol, which node:inspector speaks without a flag or a port.
 */
export async function collectGarbage(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
