// `npm start`: installs what is missing, with `--console` builds the web console where it is stale, then runs the server on the project's own Node.js.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildConsole } from './build-console.mjs'
import { installWhatIsMissing, projectNode } from './install.mjs'

/** When all that a start needs has been loaded, on a slow machine too. */
const keptAfterMilliseconds = 3_000

installWhatIsMissing({ forDevelopment: false })
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Many processes that start at once, as under PM2, do not all build it.
  if (process.argv.includes('--console')) buildConsole()
  // Compiled code and stripped types are kept beside what is installed: the second start is quick.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  await import('../apps/server/src/main.ts')
  // Else only an end in good order keeps it, and a process that is killed starts as slowly as the first did.
  setTimeout(() => module.flushCompileCache(), keptAfterMilliseconds).unref()
} else {
  const child = spawn(projectNode, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}
