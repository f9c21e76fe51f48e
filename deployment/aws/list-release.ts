// Prints the files of this checkout that an instance runs: our programs and PM2, and what sets them up and starts them.
import { globSync } from 'node:fs'
import { filesOf, lock, programs, root } from '../docker/program-files.ts'

const wanted = lock.packages['node_modules/node']!.version
if (process.versions.node !== wanted) {
  process.stderr.write(`a release brings the Node.js that it was tested on: ${wanted}, not ${process.versions.node}\n`)
  process.exit(1)
}
const { files } = filesOf([...programs, 'node_modules/pm2'])
const startedBy = ['package-lock.json', 'scripts/{start,install,build-console}.mjs', 'deployment/{pm2,aws/instance}/*']
// Programs in .bin are links; the project's Node.js is one file, and the package around it is what installs it.
const binaries = ['node', 'pm2', 'pm2-runtime'].map(name => `node_modules/.bin/${name}`)
for (const file of [...files, ...globSync(startedBy, { cwd: root }), ...binaries, 'node_modules/node/bin/node'])
  process.stdout.write(`${file}\n`)
