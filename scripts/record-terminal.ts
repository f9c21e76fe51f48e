// Records docs/pictures/terminal.cast: somebody types the journey into a real shell, against a server of its own at port 8000. Drawn by generate-reference.ts.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { newCheckout } from '../test/docs/run-page.ts'
import { runServer } from '../test/system/running-server.ts'

const prompt = '$ '
/** What is waited for on the screen, and what is typed then. */
const journey: [string, string][] = [
  [prompt, 'npx waybill register ada@example.com --cloud LOCAL'],
  ['New password: ', 'correct horse battery'],
  ['Once more: ', 'correct horse battery'],
  [prompt, 'npx waybill data'],
  [prompt, 'npx waybill data airports --limit 3'],
  [prompt, 'npx waybill order movies cars:csv --token tok_approve --watch'],
  [prompt, 'npx waybill data cars --out cars.csv'],
]
const size = { width: 96, height: 30 }
const betweenWordsMilliseconds = 120
const betweenCommandsMilliseconds = 900

const file = new URL('../docs/pictures/terminal.cast', import.meta.url)
const { folder, remove } = await newCheckout()
const server = await runServer(`${folder}/var`, { PORT: '8000' })
try {
  const events = await record(folder)
  const header = { version: 2, ...size, title: 'waybill: sign up, order, download' }
  await writeFile(file, `${[header, ...events].map(line => JSON.stringify(line)).join('\n')}\n`)
} finally {
  await server.stop()
  await remove()
}

/** The output events of an asciicast (v2): seconds since the beginning, "o", what was shown. */
async function record(cwd: string): Promise<[number, 'o', string][]> {
  const command = `stty cols ${size.width} rows ${size.height}; exec bash --norc --noprofile --noediting`
  const { PATH } = process.env
  const env = {
    PATH,
    PS1: prompt,
    TERM: 'xterm-256color',
    HOME: cwd,
    XDG_CONFIG_HOME: `${cwd}/config`,
    LANG: 'C.UTF-8',
  }
  const shell = spawn('script', ['-qefc', command, '/dev/null'], { cwd, env })
  const began = performance.now()
  const events: [number, 'o', string][] = []
  let unseen = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    events.push([Math.round(performance.now() - began) / 1_000, 'o', text])
    unseen += text
  })
  const ended = new Promise(resolve => shell.once('exit', resolve))
  const seen = async (expected: string) => {
    while (!unseen.endsWith(expected)) await pause(10)
    unseen = ''
  }
  for (const [expected, typed] of journey) {
    await seen(expected)
    if (expected === prompt) await pause(betweenCommandsMilliseconds)
    for (const word of typed.split(/(?<= )/)) {
      shell.stdin.write(word)
      await pause(betweenWordsMilliseconds)
    }
    shell.stdin.write('\n')
  }
  await seen(prompt)
  const recorded = [...events]
  shell.stdin.end('exit\n')
  await ended
  return recorded
}
