// Writes what is made under deployment/helm and deployment/kubernetes; with --check it writes nothing, names what is stale and exits 1.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeKubernetesFiles, presentKubernetesFiles } from './kubernetes-artefacts.ts'
import { whyNoKubernetesPrograms } from './kubernetes-programs.ts'

const deployment = fileURLToPath(new URL('../deployment/', import.meta.url))
const missing = whyNoKubernetesPrograms()
if (missing !== undefined) {
  console.error(missing)
  process.exit(1)
}
const files = await makeKubernetesFiles()
const surplus = (await presentKubernetesFiles()).filter(path => !(path in files))

if (process.argv.includes('--check')) {
  const stale = [...surplus]
  for (const [path, text] of Object.entries(files)) {
    if ((await readFile(join(deployment, path), 'utf8').catch(() => undefined)) !== text) stale.push(path)
  }
  for (const path of stale) console.error(`deployment/${path} is stale: node scripts/generate-kubernetes.ts`)
  if (stale.length > 0) process.exitCode = 1
} else {
  for (const path of surplus) await rm(join(deployment, path))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(deployment, path)), { recursive: true })
    await writeFile(join(deployment, path), text)
  }
}
