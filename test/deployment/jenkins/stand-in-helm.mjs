#!/usr/bin/env node
// In the place of helm and a cluster: what is installed renders the chart with the real helm, releases are remembered in a file, and an
// option that the real one does not have is refused.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'

const { REAL_HELM, HELM_STATE, HELM_FAILS } = process.env
const state = existsSync(HELM_STATE)
  ? JSON.parse(readFileSync(HELM_STATE, 'utf8'))
  : { calls: [], releases: {}, help: {} }
const words = process.argv.slice(2)
const text = { type: 'string' }
const flag = { type: 'boolean' }
const { values: given, positionals } = parseArgs({
  args: words,
  allowPositionals: true,
  options: {
    ...{ namespace: text, output: text, filter: text, timeout: text, 'history-max': text },
    ...{ values: { ...text, multiple: true }, set: { ...text, multiple: true }, 'set-string': text },
    ...{ install: flag, 'rollback-on-failure': flag, wait: flag, all: flag, deployed: flag, help: flag },
  },
})
const command = positionals[0] === 'get' ? positionals.slice(0, 2) : positionals.slice(0, 1)
state.help[command] ??= execFileSync(REAL_HELM, [...command, '--help'], { encoding: 'utf8' })
const help = state.help[command]
if (given.help) {
  process.stdout.write(help)
  process.exit()
}
for (const name of Object.keys(given)) {
  if (!help.includes(`--${name} `) && !help.includes(`--${name}\n`))
    fail(`helm ${command.join(' ')} has no option --${name}`)
}
state.calls.push(words.join(' '))
const [name, last] = positionals.slice(command.length)
const of = release => `${given.namespace}/${release}`

switch (command.join(' ')) {
  case 'list': {
    const release = given.filter.replace(/^\^(.*)\$$/, '$1')
    const running = state.releases[of(release)]?.at(-1)
    process.stdout.write(JSON.stringify(running ? [{ name: release, revision: String(running.revision) }] : []))
    break
  }
  case 'get values':
    if (!state.releases[of(name)]) fail(`Error: release: not found`)
    process.stdout.write(JSON.stringify(state.releases[of(name)].at(-1).values))
    break
  case 'upgrade': {
    const rendering = ['--values', '--set', '--set-string']
    const passed = words.flatMap((word, at) => (rendering.includes(word) ? [word, words[at + 1]] : []))
    const options = ['template', name, last, '--namespace', given.namespace, '--kube-version', '1.35', ...passed]
    state.releases[of(name)] ??= []
    const revisions = state.releases[of(name)]
    const values = Object.assign({}, ...given.values.map(file => parse(readFileSync(file, 'utf8'))))
    values.image = Object.fromEntries(given['set-string'].split(',').map(each => each.replace('image.', '').split('=')))
    state.rendered = execFileSync(REAL_HELM, options, { encoding: 'utf8', maxBuffer: 64 * 1_048_576 })
    const before = revisions.at(-1)
    if (HELM_FAILS === 'upgrade') {
      if (before) revisions.push({ revision: before.revision + 2, values: before.values })
      else delete state.releases[of(name)]
      save()
      fail('Error: UPGRADE FAILED: release failed, and has been rolled back since rollback-on-failure is set')
    }
    revisions.push({ revision: (before?.revision ?? 0) + 1, values })
    break
  }
  case 'rollback': {
    const revisions = state.releases[of(name)]
    const target = revisions.find(({ revision }) => String(revision) === last)
    if (!target) fail(`Error: release has no ${last} version`)
    revisions.push({ revision: revisions.at(-1).revision + 1, values: target.values })
    break
  }
  default:
    fail(`the stand-in of helm does not know ${command.join(' ')}`)
}
save()

function save() {
  writeFileSync(HELM_STATE, JSON.stringify(state))
}

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
