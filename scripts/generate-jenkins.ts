// Writes the pipelines of the services under deployment/jenkins; a test compares what is committed with what it would write.
import { glob, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { makeJenkinsfiles } from './jenkins-pipelines.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = await makeJenkinsfiles()
for await (const path of glob('deployment/jenkins/*.Jenkinsfile', { cwd: root }))
  if (!(path in files)) await rm(`${root}${path}`)
for (const [path, text] of Object.entries(files)) await writeFile(`${root}${path}`, text)
