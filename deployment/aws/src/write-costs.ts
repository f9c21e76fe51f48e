// `npm run costs --workspace @waybill/aws`: writes what each stage costs into docs/aws.md, counted from the templates.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { costTable, type Template } from './costs.ts'
import { createApp, createStacks } from './create-stacks.ts'
import { stageNames } from './stages.ts'

const page = new URL('../../../docs/aws.md', import.meta.url)
const outdir = mkdtempSync(join(tmpdir(), 'waybill-cdk-'))
const app = createApp({ outdir })
const stacks = stageNames.map(name => ({ name, ...createStacks(app, name) }))
const assembly = app.synth()
const templates = stacks.map(({ name, foundation, services }): [string, Template[]] => [
  name,
  [foundation, services].map(({ artifactId }) => assembly.getStackArtifact(artifactId).template),
])
rmSync(outdir, { recursive: true })
const mark = /(<!-- made: costs -->\n).*?(\n<!-- end -->)/s
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(mark, (_, begin, end) => begin + costTable(Object.fromEntries(templates)) + end),
)
