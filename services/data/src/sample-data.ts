// Real data to begin with: a fresh LOCAL has some of the vega datasets for everybody to read.
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** File in vega-datasets, and the name that it gets. */
const samples: Record<string, string> = {
  'airports.csv': 'airports.csv',
  'cars.json': 'cars.json',
  'movies.json': 'movies.json',
  'penguins.json': 'penguins.json',
  'seattle-weather.csv': 'weather.csv',
  'stocks.csv': 'stocks.csv',
}

/** The sample files, by the name of the dataset's file. */
export function sampleFiles(): Map<string, string> {
  const folder = new URL('../data/', import.meta.resolve('vega-datasets'))
  return new Map(Object.entries(samples).map(([file, name]) => [name, fileURLToPath(new URL(file, folder))]))
}

/** Does nothing where the folder `_shared` is there already; a crash leaves it whole or not at all. */
export async function layOutSampleData(root: string): Promise<void> {
  const shared = join(root, '_shared')
  if (await stat(shared).catch(() => undefined)) return
  await mkdir(root, { recursive: true, mode: 0o700 })
  const unfinished = await mkdtemp(join(root, '.samples-'))
  try {
    for (const [name, file] of sampleFiles()) await copyFile(file, join(unfinished, name))
    await rename(unfinished, shared)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another process was quicker.
    if (!(await stat(shared).catch(() => undefined))) throw error
  }
}
