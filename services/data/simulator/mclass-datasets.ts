// The data that the simulator serves: the files of a folder, or the sample datasets, read when they are asked for first.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, parse } from 'node:path'
import { sourceEndings } from '../src/clouds/source-endings.ts'
import { createConverter, splitRecords } from '../src/formats/index.ts'
import { sampleFiles } from '../src/sample-data.ts'
import type { MclassDataset } from './start-mclass-simulator.ts'

/** Every account has the same datasets. Without `folder` they are the samples that LOCAL has, too. */
export function mclassDatasets(folder?: string): () => MclassDataset[] {
  let datasets: MclassDataset[] | undefined
  return () => {
    const files = folder === undefined ? sampleFiles() : filesOf(folder)
    datasets ??= [...files].flatMap(([name, path]) => readDataset(name, path) ?? [])
    return datasets
  }
}

function filesOf(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map(name => [name, join(folder, name)]))
}

function readDataset(file: string, path: string): MclassDataset | undefined {
  const source = sourceEndings.find(({ ending }) => `.${ending}` === extname(file))
  if (!source) return undefined
  const converter = createConverter({ from: source.format, to: 'ndjson' })
  const records = [...splitRecords(converter.convert(readFileSync(path))), ...splitRecords(converter.finish())]
  return { name: parse(file).name, records, updatedAt: statSync(path).mtime.toISOString() }
}
