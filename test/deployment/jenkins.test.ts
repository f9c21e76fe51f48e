// The pipelines, gone through step by step on the Groovy that Jenkins has, and the commands that they give, run against stand-ins.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { jenkinsfileOf, makeJenkinsfiles } from '../../scripts/jenkins-pipelines.ts'
import { openKubernetesPrograms, whyNoKubernetesPrograms } from '../../scripts/kubernetes-programs.ts'
import { filesBehind } from './jenkins/files-behind.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const source = (path: string) => readFileSync(join(root, path), 'utf8')
const stages = ['dev', 'qa', 'prod'] as const
const script = 'deployment/jenkins/release'
const digest = `sha256:${'a'.repeat(64)}`

test('every service has the pipeline that node scripts/generate-jenkins.ts writes, and there are no others', async () => {
  const files = await makeJenkinsfiles()
  expect(Object.keys(files)).toEqual(serviceNames.map(jenkinsfileOf))
  expect(globSync('deployment/jenkins/*.Jenkinsfile', { cwd: root }).sort()).toEqual(Object.keys(files).sort())
  for (const [path, text] of Object.entries(files)) expect(source(path), path).toBe(text)
})

const groovy = '/usr/share/java/groovy-all.jar'
const onPath = (name: string) => process.env.PATH!.split(delimiter).some(folder => existsSync(join(folder, name)))
const missing = [
  ...(onPath('java') && existsSync(groovy)
    ? []
    : ['java and groovy are not installed (npm run engines installs them)']),
  ...[whyNoKubernetesPrograms()].filter(why => why !== undefined),
].join('; ')
if (missing !== '') {
  if (process.env.WAYBILL_ENGINES === 'required') throw new Error(missing)
  process.stderr.write(`SKIPPED: the pipelines of Jenkins were not tested: ${missing}\n`)
}

interface Scenario {
  text: string
  branch?: string
  params?: Record<string, boolean>
  /** Commands that print something. */
  prints?: Record<string, string>
  /** Parts of commands that fail. */
  fails?: string[]
  /** Stages that nobody approves. */
  rejects?: string[]
}

interface Outcome {
  result: 'SUCCESS' | 'FAILURE' | 'ABORTED' | 'REFUSED'
  message: string
  env: Record<string, string>
  trace: Event[]
}

interface Event {
  kind: 'stage' | 'sh' | 'echo' | 'input' | 'milestone' | 'archive'
  stage: string
  agent: string | null
  held: string[]
  credentials: { id: string; variables: string[] }[]
  script?: string
  submitter?: string
  ordinal?: number
}

/** One start of Java for all of them. */
function goThrough<Names extends string>(scenarios: Record<Names, Scenario>): Record<Names, Outcome> {
  const quick = ['-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const program = join(root, 'test/deployment/jenkins/run-pipelines.groovy')
  const { stdout, stderr, status } = spawnSync('java', [...quick, '-cp', groovy, 'groovy.ui.GroovyMain', program], {
    input: JSON.stringify(Object.values(scenarios)),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  const outcomes = JSON.parse(stdout) as Outcome[]
  return Object.fromEntries(Object.keys(scenarios).map((name, at) => [name, outcomes[at]!])) as Record<Names, Outcome>
}

const scriptsOf = ({ trace }: Outcome) => trace.filter(({ kind }) => kind === 'sh').map(each => each.script!)
const stagesOf = ({ trace }: Outcome) => trace.filter(({ kind }) => kind === 'stage').map(each => each.stage)
const prints = { 'release affected': 'yes', 'release image': digest }

/** Something that somebody could have mistyped, and what is said of it. */
const mistakes = {
  'a brace too few': [/\n {2}stages \{/, '\n  stages ', 'unexpected token'],
  'a quote that does not end': ["ok 'Deploy'", "ok 'Deploy", 'expecting'],
  'a misspelt stage': ["stage('Image')", "stgae('Image')", 'stages has no stgae'],
  'a stage twice': ["stage('Approve prod')", "stage('Approve qa')", 'two stages have one name'],
  'a misspelt step': ["sh '.ci/run'", "shh '.ci/run'", 'nobody knows shh'],
  'a misspelt step with options': ['milestone ordinal', 'milstone ordinal', 'nobody knows milstone'],
  'a misspelt option of a step': ['credentialsId: "waybill-', 'credentialId: "waybill-', 'has no credentialId'],
  'a misspelt part of a stage': ['agent { label', 'agnet { label', 'has no agnet'],
  'a misspelt condition': ["branch 'main'", "brunch 'main'", 'has no brunch'],
  'a machine for a stage that is skipped': ['        beforeAgent true\n', '', 'takes a machine before'],
  'a misspelt part of an approval': ["submitter '", "submiter '", 'has no submiter'],
  'a misspelt option of the pipeline': ['numToKeepStr', 'numToKeepString', 'has no numToKeepString'],
  'a unit of time that there is not': ["'MINUTES'", "'MINUTE'", 'timeout'],
  'a function that is not there': ["deploy('qa', 2)", "deplyo('qa', 2)", 'deplyo'],
  'a command where there is no machine': ["echo 'approved for qa'", "sh 'true'", 'needs an agent'],
} satisfies Record<string, [string | RegExp, string, string]>

describe.skipIf(missing !== '')('a pipeline', () => {
  const text = source(jenkinsfileOf('user'))
  const scenarios = {
    whole: { text, prints },
    elsewhere: { text, prints: { ...prints, 'release affected': 'no' } },
    'by hand': { text, prints: { ...prints, 'release affected': 'no' }, params: { EVERYTHING: true } },
    'of a branch': { text, prints, branch: 'PR-7' },
    'failing tests': { text, prints, fails: ['.ci/run'] },
    'failing in dev': { text, prints, fails: ['check dev'] },
    'not installed in qa': { text, prints, fails: ['deploy qa'] },
    'changed SQL': { text, prints, fails: ['changes qa'] },
    'not approved for qa': { text, prints, rejects: ['Approve qa'] },
    'not approved for prod': { text, prints, rejects: ['Approve prod'] },
  }
  let done: Record<keyof typeof scenarios, Outcome>
  let broken: Record<string, Outcome>
  let of: Record<ServiceName, Outcome>

  beforeAll(() => {
    const planted = Object.entries(mistakes).map(([what, [right, wrong]]) => [
      what,
      { text: text.replace(right, wrong), prints },
    ])
    const whole = serviceNames.map(name => [name, { text: source(jenkinsfileOf(name)), prints }])
    const outcomes = goThrough({ ...scenarios, ...Object.fromEntries(planted), ...Object.fromEntries(whole) })
    done = outcomes
    broken = outcomes
    of = outcomes
  })

  test.each(Object.entries(mistakes))('is refused for %s', (what, [right, wrong, told]) => {
    expect(text.replace(right, wrong)).not.toBe(text)
    expect(broken[what]).toMatchObject({ result: 'REFUSED', message: expect.stringContaining(told) })
  })

  test.each(serviceNames)('of the service %s goes from the tests to prod in one order', name => {
    expect(of[name]).toMatchObject({ result: 'SUCCESS', message: '' })
    expect(of[name].env.SERVICE).toBe(name)
    expect(stagesOf(of[name])).toEqual([
      'What changed',
      'Install and test',
      'Image',
      'Deploy to dev',
      ...['qa', 'prod'].flatMap(stage => [`Database changes for ${stage}`, `Approve ${stage}`, `Deploy to ${stage}`]),
    ])
    expect(scriptsOf(of[name])).toEqual([
      `${script} affected`,
      '.ci/run',
      `${script} image`,
      ...stages.flatMap(stage => ['changes', 'deploy', 'check'].map(step => `${script} ${step} ${stage}`)),
    ])
  })

  test('asks somebody for qa and for prod, each after the SQL is listed, and holds no machine meanwhile', () => {
    const asked = done.whole.trace.filter(({ kind }) => kind === 'input')
    expect(asked.map(({ submitter, agent, held }) => ({ submitter, agent, held }))).toEqual(
      ['qa', 'prod'].map(stage => ({ submitter: `waybill-${stage}-approvers`, agent: null, held: [] })),
    )
    for (const [at, stage] of ['qa', 'prod'].entries()) {
      expect(asked[at]).toMatchObject({ message: expect.stringContaining(`/artifact/database-changes-${stage}.md`) })
      const listed = done.whole.trace.findIndex(each => each.script === `${script} changes ${stage}`)
      expect(listed).toBeLessThan(done.whole.trace.indexOf(asked[at]!))
    }
  })

  test('does nothing where nothing of its service changed, and asks nobody; by hand it does all', () => {
    expect(stagesOf(done.elsewhere)).toEqual(['What changed'])
    expect(done.elsewhere.trace.filter(({ kind }) => kind === 'input')).toEqual([])
    expect(scriptsOf(done['by hand'])).toEqual(scriptsOf(done.whole).slice(1))
  })

  test('of a branch that is not main tests, and does no more', () => {
    expect(scriptsOf(done['of a branch'])).toEqual([`${script} affected`, '.ci/run'])
    expect(done['of a branch'].result).toBe('SUCCESS')
  })

  test('goes back where what it deployed does not answer, fails, and goes no further', () => {
    const { result, message } = done['failing in dev']
    expect({ result, message }).toEqual({ result: 'FAILURE', message: `${script} check dev failed` })
    expect(scriptsOf(done['failing in dev']).slice(-3)).toEqual(
      ['deploy', 'check', 'roll-back'].map(step => `${script} ${step} dev`),
    )
    expect(done['not installed in qa'].result).toBe('FAILURE')
    expect(scriptsOf(done['not installed in qa']).slice(-2)).toEqual([`${script} deploy qa`, `${script} roll-back qa`])
  })

  test.each([
    ['failing tests', 'FAILURE', '.ci/run'],
    ['changed SQL', 'FAILURE', `${script} changes qa`],
    ['not approved for qa', 'ABORTED', `${script} changes qa`],
    ['not approved for prod', 'ABORTED', `${script} changes prod`],
  ] as const)('ends with: %s', (what, result, last) => {
    expect(done[what].result).toBe(result)
    expect(scriptsOf(done[what]).at(-1)).toBe(last)
  })

  test('deploys one thing at a time to a stage, and nothing older than what is there', () => {
    const deploying = [...done.whole.trace, ...done['failing in dev'].trace].filter(each =>
      /release (deploy|check|roll-back) /.test(each.script ?? ''),
    )
    for (const each of deploying) expect(each.held).toEqual([`waybill-${each.script!.split(' ').at(-1)}`])
    const milestones = done.whole.trace.filter(({ kind }) => kind === 'milestone')
    expect(milestones.map(({ ordinal, held }) => [ordinal, ...held])).toEqual(
      stages.map((stage, at) => [at + 1, `waybill-${stage}`]),
    )
  })

  test('gives each command the credentials of its stage alone, and no command holds one', () => {
    for (const { script: command, credentials } of done.whole.trace.filter(({ kind }) => kind === 'sh')) {
      const stage = stages.find(each => command!.endsWith(` ${each}`))
      const ids = stage
        ? ['kubeconfig', 'values', 'operator'].map(each => `waybill-${stage}-${each}`)
        : command!.endsWith(' image')
          ? ['waybill-registry']
          : []
      expect(credentials.map(({ id }) => id)).toEqual(ids)
      // Jenkins shows commands; what they get by the environment it does not.
      expect(command).not.toContain('$')
      const help = execFileSync(join(root, script), ['--help'], { encoding: 'utf8' })
      for (const variable of credentials.flatMap(({ variables }) => variables)) expect(help).toContain(variable)
    }
  })

  test('names only commands that are there, which bash can read', () => {
    const commands = [...new Set([...Object.values(done), ...Object.values(of)].flatMap(scriptsOf))]
    for (const command of commands) {
      expect(spawnSync('bash', ['-n'], { input: command }).status, command).toBe(0)
      expect(statSync(join(root, command.split(' ')[0]!)).mode & 0o111, command).not.toBe(0)
    }
    expect(spawnSync('bash', ['-n', join(root, script)]).status).toBe(0)
    expect(source(script)).not.toMatch(/^\s*set \S*x/m)
    const { scripts } = JSON.parse(source('package.json')) as { scripts: Record<string, string> }
    const named = [...source(script).matchAll(/npm run --silent (\S+)/g)].map(([, name]) => name!)
    expect(named).toEqual(['image', 'database-changes'])
    for (const name of named) expect(scripts).toHaveProperty(name)
  })

  describe.each(serviceNames)('of the service %s', name => {
    const paths = () => of[name].env.PATHS!.trim().split(/\s+/)
    const covers = (path: string, some = paths()) => some.some(each => path === each || path.startsWith(`${each}/`))
    const begin = [
      `services/${name}/src/${name}-service.ts`,
      'apps/server/src/main.ts',
      'apps/server/src/migrate.ts',
      'apps/cli/src/waybill.mjs',
    ]
    const behind = filesBehind(
      root,
      begin,
      target => target.endsWith('-service') && !target.endsWith(`/${name}-service`),
    )

    test('runs when anything changes that the service consists of', () => {
      expect(behind.size).toBeGreaterThan(100)
      expect([...behind].filter(path => !covers(path) && !path.startsWith('apps/console/dist/'))).toEqual([])
      // It is seen when one is left out.
      const fewer = paths().filter(path => path !== 'packages/platform')
      expect([...behind].filter(path => !covers(path, fewer)).length).toBeGreaterThan(20)
    })

    test('runs when anything changes that the image and the chart are made of', () => {
      const inImage = source('deployment/docker/Dockerfile.dockerignore')
        .split('\n')
        .filter(line => line.startsWith('!'))
        .map(line => line.slice(1))
        .filter(path => !['apps', 'packages', 'services'].includes(path))
      expect(inImage.length).toBeGreaterThan(5)
      const ofChart = globSync('deployment/helm/**/*', { cwd: root }).map(path =>
        relative(realpathSync(root), realpathSync(join(root, path))),
      )
      expect([...inImage, ...ofChart].filter(path => !covers(path))).toEqual([])
    })

    test('names nothing that is not there, and no other service', () => {
      const real = paths().filter(path => !path.startsWith(':'))
      expect(real.filter(path => !existsSync(join(root, path)))).toEqual([])
      const others = serviceNames.filter(each => each !== name)
      expect(real.filter(path => others.some(each => path.startsWith(`services/${each}`)))).toEqual([])
    })
  })

  describe('has a script that', () => {
    let folder: string
    let paths: string
    let helm: string
    const git = (...options: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...options], {
        cwd: folder,
        encoding: 'utf8',
      }).trim()
    const write = (path: string, content: string, mode = 0o644) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
      chmodSync(join(folder, path), mode)
    }
    const commit = (path: string, content = String(Math.random())) => {
      write(path, content)
      git('add', '--all')
      git('commit', '--quiet', '--message', path)
      return git('rev-parse', 'HEAD')
    }
    const standIn = (name: string, lines: string) =>
      write(`bin/${name}`, `#!/usr/bin/env bash\necho "${name} $*" >>"$CALLS"\n${lines}\n`, 0o755)
    const calls = () =>
      existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : []

    const release = (words: string, env: Record<string, string> = {}) => {
      rmSync(join(folder, 'calls'), { force: true })
      return spawnSync(join(folder, script), words.split(' '), {
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
          CALLS: join(folder, 'calls'),
          SERVICE: 'user',
          PATHS: paths,
          WAYBILL_IMAGE: 'registry.example:5000/shop/waybill',
          REGISTRY_USER: 'pusher',
          REGISTRY_PASSWORD: 'hush',
          IMAGE_DIGEST: digest,
          OWN_VALUES: join(folder, 'own-values.yaml'),
          HELM_STATE: join(folder, 'helm.json'),
          REAL_HELM: helm,
          ...env,
        },
      })
    }

    beforeAll(async () => {
      ;({ helm } = await openKubernetesPrograms())
      paths = of.user.env.PATHS!
      folder = mkdtempSync(join(tmpdir(), 'waybill-jenkins-'))
      git('init', '--quiet')
      write('.gitignore', 'bin\nvar\ncalls\nhelm.json\n*.md.tmp\ndatabase-changes-*.md\ndeployment/helm\n')
      for (const path of [script, 'scripts/list-database-changes.ts', 'package.json'])
        cpSync(join(root, path), join(folder, path))
      mkdirSync(join(folder, 'deployment'), { recursive: true })
      symlinkSync(join(root, 'deployment/helm'), join(folder, 'deployment/helm'))
      write('scripts/install.mjs', 'export const installWhatIsMissing = () => console.error("installs")\n')
      write('deployment/docker/build-image', '#!/usr/bin/env bash\necho "build-image $*" | tee -a "$CALLS"\n', 0o755)
      write(
        'own-values.yaml',
        'settings: { PUBLIC_URL: https://dev.shop.example }\ningress: { host: dev.shop.example }\n',
      )
      commit('services/user/migrations/0001-users.sql', 'create table users (id char(36));\n')
      standIn('npx', `echo "operator $WAYBILL_OPERATOR_EMAIL" >&2; [[ "$*" != *"\${NPX_FAILS:-none}"* ]]`)
      mkdirSync(join(folder, 'bin'), { recursive: true })
      symlinkSync(join(root, 'test/deployment/jenkins/stand-in-helm.mjs'), join(folder, 'bin/helm'))
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('knows whether a service is affected, since the last build that succeeded', () => {
      const before = git('rev-parse', 'HEAD')
      const affected = (since: string) => release('affected', { GIT_PREVIOUS_SUCCESSFUL_COMMIT: since })
      expect(affected('').stdout).toBe('yes\n')
      expect(affected('f'.repeat(40)).stdout).toBe('yes\n')
      expect(affected(before).stdout).toBe('no\n')
      commit('services/user/README.md')
      commit('services/payment/src/payment-service.ts')
      expect(affected(before).stdout).toBe('no\n')
      const relevant = commit('packages/platform/src/db/migrator.ts')
      const later = commit('docs/operating.md')
      // The build of the relevant commit failed: the next one, of pages alone, makes up for it.
      expect(affected(before)).toMatchObject({ stdout: 'yes\n', stderr: 'packages/platform/src/db/migrator.ts\n' })
      expect(affected(relevant).stdout).toBe('no\n')
      expect(later).not.toBe(relevant)
    })

    test('builds the image of a commit and pushes it, by buildah or docker, and tells its digest alone', () => {
      const name = `registry.example:5000/shop/waybill:${git('rev-parse', 'HEAD')}`
      standIn('docker', 'exit 1')
      standIn('buildah', `case "$1" in login) [[ "$(cat)" == hush ]] ;; push) echo -n ${digest} >"$4" ;; esac`)
      expect(release('image')).toMatchObject({ status: 0, stdout: digest })
      expect(calls()).toEqual([
        'docker info',
        `build-image --tag ${name} --engine buildah`,
        'buildah login --username pusher --password-stdin registry.example:5000',
        expect.stringMatching(`^buildah push --quiet --digestfile \\S+ ${name}$`),
      ])
      const digests = `echo other.example/waybill@sha256:0; echo registry.example:5000/shop/waybill@${digest}`
      standIn('docker', `case "$1" in login) [[ "$(cat)" == hush ]] ;; image) ${digests} ;; esac`)
      expect(release('image')).toMatchObject({ status: 0, stdout: `${digest}\n` })
      expect(calls()).toContain('docker login --username pusher --password-stdin registry.example:5000')
      standIn('docker', 'true')
      expect(release('image')).toMatchObject({ status: 1, stderr: expect.stringContaining('gave no digest') })
      expect(release('image', { WAYBILL_IMAGE: '' }).stderr).toContain('WAYBILL_IMAGE is not set')
    })

    test('deploys one service, lists its SQL, checks it, and goes back where it must', () => {
      const state = () => JSON.parse(readFileSync(join(folder, 'helm.json'), 'utf8'))
      const runs = () => state().releases['waybill-dev/waybill-user'].at(-1).values.image.digest
      const markdown = () => readFileSync(join(folder, 'database-changes-dev.md'), 'utf8')
      const first = git('rev-parse', 'HEAD')
      const newer = `sha256:${'b'.repeat(64)}`

      expect(release('changes dev')).toMatchObject({ status: 0 })
      expect(markdown()).toMatch(/from nothing to HEAD.*0001-users\.sql/s)
      expect(release('deploy dev').status).toBe(0)
      const manifests = parseAllDocuments(state().rendered)
        .map(each => each.toJS())
        .filter(Boolean)
      const deployments = manifests.filter(({ kind }) => kind === 'Deployment')
      expect(deployments.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
        'waybill-dev/waybill-user',
      ])
      const jobs = manifests.filter(({ kind }) => kind === 'Job')
      expect(jobs.map(({ metadata }) => metadata.name)).toEqual(['waybill-user-migrate'])
      for (const { spec } of [...deployments, ...jobs])
        expect(spec.template.spec.containers[0].image).toBe(`registry.example:5000/shop/waybill@${digest}`)
      const ingress = manifests.find(({ kind }) => kind === 'Ingress')
      expect(ingress.spec.rules[0].host).toBe('dev.shop.example')

      expect(release('check dev', { WAYBILL_OPERATOR_EMAIL: 'ops@shop.example' })).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('operator ops@shop.example'),
      })
      expect(calls()).toEqual([
        'npx --no-install waybill doctor --server https://dev.shop.example',
        'npx --no-install waybill verify --yes https://dev.shop.example',
      ])
      expect(release('check dev', { NPX_FAILS: 'doctor' }).status).not.toBe(0)
      expect(release('check dev', { NPX_FAILS: 'verify' }).status).not.toBe(0)

      // The first of all: there is no way back.
      expect(release('roll-back dev').stderr).toContain('there is nothing to go back to')

      commit('services/user/migrations/0002-names.sql', 'alter table users add column name text;\n')
      expect(release('changes dev').status).toBe(0)
      expect(markdown()).toContain(`from ${first} to HEAD`)
      expect(markdown()).toContain('0002-names.sql')
      expect(markdown()).not.toContain('0001-users.sql')

      const kept = readFileSync(join(folder, 'helm.json'), 'utf8')
      write('helm.json', kept.replaceAll(first, 'by-hand'))
      expect(release('changes dev').stderr).toContain('which is no commit here')
      expect(markdown()).toMatch(/0001-users\.sql.*0002-names\.sql/s)
      write('helm.json', kept)

      // Helm gives up by itself.
      expect(release('deploy dev', { IMAGE_DIGEST: newer, HELM_FAILS: 'upgrade' }).status).not.toBe(0)
      expect(release('roll-back dev', { IMAGE_DIGEST: newer }).stderr).toContain('helm has gone back by itself')
      expect(runs()).toBe(digest)
      expect(state().calls.some((call: string) => call.startsWith('rollback'))).toBe(false)

      // It was installed, and does not answer as it should.
      expect(release('deploy dev', { IMAGE_DIGEST: newer }).status).toBe(0)
      expect(runs()).toBe(newer)
      const back = release('roll-back dev', { IMAGE_DIGEST: newer })
      expect(back).toMatchObject({ status: 0, stderr: expect.stringContaining('waybill-user in dev is back') })
      expect(runs()).toBe(digest)

      commit('services/user/migrations/0001-users.sql', 'create table users (id char(40));\n')
      expect(release('changes dev')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('0001-users.sql was changed'),
      })
      expect(release('roll-back qa').stderr).toContain('was not touched')
    })

    test.each(['', 'deploy', 'deploy staging', 'deply dev', 'affected dev', 'deploy ../prod'])('refuses: %s', words => {
      expect(release(words)).toMatchObject({ status: 2, stderr: expect.stringContaining('roll-back <stage>') })
    })

    test('checks by commands that the command line has', () => {
      const nobody = 'http://127.0.0.1:1'
      const waybill = (...options: string[]) =>
        spawnSync('node', [join(root, 'apps/cli/src/waybill.mjs'), ...options], { encoding: 'utf8' }).status
      expect(waybill('doctor', '--server', nobody)).toBe(3)
      expect(waybill('verify', '--yes', nobody)).toBe(3)
      expect(waybill('verify', '--yess', nobody)).toBe(2)
    })
  })
})
