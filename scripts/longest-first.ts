// Begins with the files that take longest: vitest goes by size where it has never run, and a long one that is begun last runs alone.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those of many seconds for their size. */
const longest = [
  'test/engines/order-on-lambda.test.ts',
  'test/engines/pm2-reload.test.ts',
  'test/system/killed-under-load.test.ts',
  'test/deployment/containers.test.ts',
  'services/data/test/clouds/azure.test.ts',
  'services/data/test/clouds/aws.test.ts',
  'services/data/test/clouds/google.test.ts',
  'apps/cli/test/examples-and-completion.test.ts',
  'test/bench/floor/copy-object.test.ts',
  'packages/sdk/test/packed-package.test.ts',
  'test/indexes/every-query-has-its-index.test.ts',
]

const gone = longest.filter(path => !existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url))))
if (gone.length > 0) throw new Error(`no test any more: ${gone.join(', ')}`)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex(path => moduleId.endsWith(`/${path}`))
      return at === -1 ? longest.length : at
    }
    // One project after the other, as they come.
    const projects = Map.groupBy(sorted, ({ project }) => project.name)
    return [...projects.values()].flatMap(ofOne => ofOne.toSorted((a, b) => place(a) - place(b)))
  }
}
