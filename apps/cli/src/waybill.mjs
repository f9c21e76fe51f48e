#!/usr/bin/env node
// The command `waybill`: runs on Node.js 24 or newer, which the project brings along where the machine's is older.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Compiled code and stripped types are kept beside what is installed: the second start is quick.
  module.enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url)))
  const { main } = await import('./main.ts')
  await main(process.argv.slice(2))
} else {
  const newerNode = join(dirname(module.createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  const child = spawn(newerNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}
