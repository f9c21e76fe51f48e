// Runs before the tests on engines: databases and virtual hosts of test runs that were killed do not pile up.
import { dropLeftovers } from '../../packages/platform/src/testing/engines.ts'

export default async function setup(): Promise<void> {
  await dropLeftovers(Date.now())
}
