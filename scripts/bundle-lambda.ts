// `npm run bundle`: a folder for each service that Lambda can run, with its migrations and without development dependencies.
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { build, type Plugin } from 'esbuild'
import { sampleFiles } from '../services/data/src/sample-data.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is read at run time, or is machine code, lies beside the bundle as it is installed: in its package, these files. */
const asInstalled: Record<string, { files: string[]; of: readonly ServiceName[] }> = {
  'swagger-ui-dist': {
    files: ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
    of: serviceNames,
  },
  'vega-datasets': {
    files: ['package.json', 'build/index.js', ...[...sampleFiles().values()].map(file => `data/${basename(file)}`)],
    of: ['data'],
  },
  '@node-rs/argon2': { files: ['package.json', 'index.js'], of: ['user'] },
  '@node-rs/argon2-linux-x64-gnu': { files: ['package.json', 'argon2.linux-x64-gnu.node'], of: ['user'] },
  koffi: { files: ['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'], of: ['data'] },
  '@koromix/koffi-linux-x64': { files: ['package.json', 'index.js', 'linux_x64/koffi.node'], of: ['data'] },
}

/** Makes `<folder>/<service>` anew; answers its size in bytes. */
export async function bundleService(service: ServiceName, folder: string): Promise<number> {
  const target = join(folder, service)
  await rm(target, { recursive: true, force: true })
  await build({
    entryPoints: { index: join(root, 'apps/server/src/lambda.ts'), ...(await loadedByName(service)) },
    outdir: target,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24' },
    // Names stay, for stack traces and for errors that are told apart by them.
    ...{ minifyWhitespace: true, minifySyntax: true, keepNames: true },
    external: Object.keys(asInstalled),
    // Dependencies in CommonJS call it for modules of Node.js.
    banner: { js: "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);" },
    plugins: [onlyService(service), filesKeepTheirPlace],
    logLevel: 'warning',
  })
  await copy('packages/platform/migrations', target)
  await copy('packages/platform/src/http/docs', target)
  await copy(`services/${service}/migrations`, target)
  for (const [name, { files, of }] of Object.entries(asInstalled)) {
    if (of.includes(service)) for (const file of files) await copy(`node_modules/${name}/${file}`, target)
  }
  return sizeOf(target)
}

/** Drivers of clouds are found by their files, and their SDKs loaded where a cloud asks for them; threads begin with files of their own. */
async function loadedByName(service: ServiceName): Promise<Record<string, string>> {
  const files = await readdir(join(root, `services/${service}/src`), { recursive: true })
  const paths = files
    .filter(file => /(\/drivers\/|-thread\.ts$)/.test(file))
    .map(file => `services/${service}/src/${file}`)
  return Object.fromEntries(paths.map(path => [path.replace(/\.ts$/, ''), join(root, path)]))
}

/** The registry with one service in it: of the others nothing is bundled. */
function onlyService(service: ServiceName): Plugin {
  const create = `create${service[0]!.toUpperCase()}${service.slice(1)}Service`
  const contents = `import { ${create} } from '@waybill/${service}-service'\nexport const registry = { ${service}: async () => ${create} }\n`
  return {
    name: 'only one service',
    setup({ onLoad }) {
      onLoad({ filter: /apps\/server\/src\/registry\.ts$/ }, () => ({
        contents,
        resolveDir: join(root, 'apps/server'),
      }))
    },
  }
}

/** Our files find what lies beside them by `import.meta.url`: in the bundle it is where they would lie under its folder. */
const filesKeepTheirPlace: Plugin = {
  name: 'files keep their place',
  setup({ onLoad, onResolve }) {
    const namespace = 'bundle'
    onResolve({ filter: /^bundle:url$/ }, ({ path }) => ({ path, namespace }))
    // Shared by all entries, so that it lies in the folder itself, whoever imports it.
    onLoad({ filter: /.*/, namespace }, () => ({ contents: 'export const bundleUrl = import.meta.url' }))
    onLoad({ filter: /\/(packages|services|apps)\/.*\.ts$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8')
      if (!contents.includes('import.meta.url')) return undefined
      const place = `./${relative(root, path).replace(/\.ts$/, '.mjs')}`
      const url = `new URL(${JSON.stringify(place)}, bundleUrl).href`
      return {
        contents: `import { bundleUrl } from 'bundle:url'\n${builtNames(contents).replaceAll('import.meta.url', url)}`,
        loader: 'ts',
      }
    })
  },
}

/** `new URL('./other.ts', import.meta.url)` is `./other.mjs` in the bundle. */
function builtNames(contents: string): string {
  return contents.replace(/(new URL\('\.\/[^']+)\.ts(', import\.meta\.url\))/g, '$1.mjs$2')
}

async function copy(path: string, target: string): Promise<void> {
  const to = join(target, path)
  await mkdir(dirname(to), { recursive: true })
  await cp(join(root, path), to, { recursive: true })
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = files.filter(file => file.isFile()).map(file => stat(join(file.parentPath, file.name)))
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: 'deployment/serverless/build' } } })
  for (const service of serviceNames) {
    const bytes = await bundleService(service, values.out)
    process.stdout.write(`${service.padEnd(8)} ${(bytes / 1_048_576).toFixed(1)} MiB in ${join(values.out, service)}\n`)
  }
}
