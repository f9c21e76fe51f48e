// `npm test`: installs what is missing, then lints, checks types and generated pages, and runs every test, on engines where they answer.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildConsole } from './build-console.mjs'
import { installWhatIsMissing } from './install.mjs'

installWhatIsMissing({ forDevelopment: true })
const root = fileURLToPath(new URL('..', import.meta.url))
const binaries = join(root, 'node_modules', '.bin')
const report = join(root, 'node_modules', '.cache', 'test-report.json')

run('biome', ['ci', '--error-on-warnings', '.'])
run('tsc', ['--project', '.'])
run('tsc', ['--project', 'apps/console'])
run('node', ['scripts/generate-reference.ts', '--check'])
if (!buildConsole()) process.exit(1)
run('vitest', ['run', ...process.argv.slice(2)])

const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`)

/** @param {string} command @param {string[]} options */
function run(command, options) {
  process.stdout.write(`\n> ${command} ${options[0]}\n`)
  const environment = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` }
  const { status } = spawnSync(join(binaries, command), options, { cwd: root, stdio: 'inherit', env: environment })
  if (status !== 0) process.exit(status ?? 1)
}
