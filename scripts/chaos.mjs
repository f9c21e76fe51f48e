// `npm run chaos`: installs what is missing, then runs the chaos suite on the project's own Node.js, whatever Node.js npm runs on.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing, projectNode } from './install.mjs'

installWhatIsMissing({ forDevelopment: true })
const chaos = fileURLToPath(new URL('../test/chaos/chaos.ts', import.meta.url))
const child = spawn(projectNode, [chaos, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', code => process.exit(code ?? 1))
