// `npm run bench`: installs what is missing, then runs the bench on the project's own Node.js, whatever Node.js npm runs on.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing, projectNode } from './install.mjs'

// The emulators of clouds are among the tools.
installWhatIsMissing({ forDevelopment: true })
const bench = fileURLToPath(new URL('../test/bench/bench.ts', import.meta.url))
const child = spawn(projectNode, [bench, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', code => process.exit(code ?? 1))
