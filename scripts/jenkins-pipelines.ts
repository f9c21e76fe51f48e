// The pipeline of each service, made from one text: only the service and what of the repository it consists of differ.
import { readFile } from 'node:fs/promises'
import { type ServiceName, serviceNames } from '@waybill/contracts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')

/** What every pipeline builds or runs with, besides packages. */
const forAll = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  '.ci',
  'scripts',
  'deployment/docker',
  'deployment/helm',
  // Its alerts are part of the chart.
  'deployment/prometheus',
  'deployment/jenkins/release',
]
/** Every process is started by the first; the pipeline checks with the second, which is in the image, too. */
const packagesForAll = ['apps/server', 'apps/cli']
/** The ingress leads whoever opens the console to the order service. */
const packagesFor: Partial<Record<ServiceName, string[]>> = { order: ['apps/console'] }

/** By its path from the root of the repository. */
export async function makeJenkinsfiles(): Promise<Record<string, string>> {
  const template = await read('deployment/jenkins/pipeline.groovy')
  // Comments at the beginning speak of the text; what is made of it says where it comes from.
  const pipeline = template.slice(template.indexOf('\n\n') + 2)
  const files = serviceNames.map(
    async name => [jenkinsfileOf(name), fill(pipeline, name, await pathsOf(name))] as const,
  )
  return Object.fromEntries(await Promise.all(files))
}

export const jenkinsfileOf = (name: ServiceName) => `deployment/jenkins/${name}.Jenkinsfile`

function fill(pipeline: string, name: ServiceName, paths: string[]): string {
  const head =
    '// Made from deployment/jenkins/pipeline.groovy by node scripts/generate-jenkins.ts: change it there.\n\n'
  const lines = paths.map(path => `      ${path}`).join('\n')
  return head + pipeline.replace('@SERVICE@', name).replace('@PATHS@', lines)
}

/** As git takes them. */
async function pathsOf(name: ServiceName): Promise<string[]> {
  const packages = await packagesBehind([`services/${name}`, ...packagesForAll, ...(packagesFor[name] ?? [])])
  return [...packages, ...forAll, jenkinsfileOf(name), ':(exclude)*.md']
}

/** These and what they name as dependencies. A service comes in by itself alone: the server names them all and loads what it hosts. */
async function packagesBehind(begin: string[]): Promise<string[]> {
  const folders = [...begin]
  for (const folder of folders) {
    const { dependencies = {} } = JSON.parse(await read(`${folder}/package.json`)) as {
      dependencies?: Record<string, string>
    }
    const ours = Object.keys(dependencies).filter(each => each.startsWith('@waybill/') && !each.endsWith('-service'))
    for (const each of ours.map(each => each.replace('@waybill/', 'packages/')))
      if (!folders.includes(each)) folders.push(each)
  }
  return folders
}
