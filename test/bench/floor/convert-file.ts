// The floor under a large export with conversion: node:readline from one file to another, line by line, and its time.
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { splitLine, toRecord } from './csv-lines.ts'

const flushCharacters = 128 * 1_024

export interface ConvertedFile {
  seconds: number
  cpuSeconds: number
}

const [, , source, target] = process.argv
const startedAt = performance.now()
const output = createWriteStream(target!)
let columns: string[] | undefined
let waiting = ''
for await (const line of createInterface({ input: createReadStream(source!) })) {
  if (!columns) {
    columns = splitLine(line)
    continue
  }
  waiting += `${JSON.stringify(toRecord(columns, line))}\n`
  if (waiting.length < flushCharacters) continue
  if (!output.write(waiting)) await once(output, 'drain')
  waiting = ''
}
output.end(waiting)
await finished(output)
const { user, system } = process.cpuUsage()
const result: ConvertedFile = { seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6 }
process.stdout.write(`${JSON.stringify(result)}\n`)
