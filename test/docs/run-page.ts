// Runs the blocks of a page as its reader would: one shell, from the first block to the last; what is to be saved as a file is.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Block, root } from './markdown.ts'

export interface RunOptions {
  /** Where the shell begins. */
  folder: string
  /** What stands in the page, and what it is here; each must be there. */
  instead?: Record<string, string>
  env?: Record<string, string>
}

/** Answers what was printed; throws with all of it where a command fails. */
export async function runBlocks(blocks: Block[], { folder, instead = {}, env = {} }: RunOptions): Promise<string> {
  const written = blocks.map(asCommands).join('\n')
  const missing = Object.keys(instead).filter(there => !written.includes(there))
  if (missing.length > 0) throw new Error(`the page says nothing of ${missing.join(', ')}`)
  // In one pass: what stands in for one thing may look like another.
  const any = new RegExp(Object.keys(instead).map(RegExp.escape).join('|') || '$^', 'g')
  const script = written.replace(any, there => instead[there]!)
  return runScript(script, folder, env)
}

const ending = 'END_OF_THE_FILE'
const asCommands = ({ language, note, text }: Block) =>
  language === 'ts' ? `cat > ${note} <<'${ending}'\n${text}\n${ending}` : text

async function runScript(script: string, folder: string, env: Record<string, string>): Promise<string> {
  // A group of its own: what the page left running ends with it.
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    printed += text
  })
  const code = await new Promise<number | null>(resolve => child.once('exit', resolve))
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // Nothing was left.
  }
  if (code !== 0) throw new Error(`the page's commands ended with ${code}: ${printed}`)
  return printed
}

export interface Checkout {
  folder: string
  remove(): Promise<void>
}

/** A folder that looks like the checkout, so that what pages write into it goes nowhere else. */
export async function newCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-checkout-'))
  for (const name of ['node_modules', 'package.json', 'scripts', 'deployment', 'apps', 'packages', 'services'])
    await symlink(join(root, name), join(folder, name))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
