// `npm start`: installs what is missing, then runs the server on the project's own Node.js.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing, projectNode } from './install.mjs'

installWhatIsMissing({ forDevelopment: false })
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Compiled code and stripped types are kept beside what is installed: the second start is quick.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  await import('../apps/server/src/main.ts')
} else {
  const child = spawn(projectNode, [...process.execArgv, fileURLToPath(import.meta.url)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}
