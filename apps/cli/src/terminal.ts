// Where the command line writes: results to stdout, everything else to stderr, plainly where nobody looks at a terminal.
import { once } from 'node:events'
import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

export interface Terminal {
  /** True where every result is JSON. */
  readonly json: boolean
  /** True where stdout is a terminal that somebody looks at. */
  readonly isInteractive: boolean
  /** Columns of the terminal; without one there is no end to a line. */
  readonly width: number
  /** Columns and rows of the terminal as it is now; 0 rows where there is none, or where it does not say. */
  size(): { columns: number; rows: number }
  /** A result: JSON on one line, or in words. */
  result(value: unknown, inWords: () => string | string[]): Promise<void>
  /** A line of stdout; waits while the reader is slow. */
  print(line: string): Promise<void>
  /** Bytes for stdout, as they are; waits while the reader is slow. */
  write(bytes: Uint8Array): Promise<void>
  /** A line of stderr: progress, hints and failures. */
  note(line: string): void
  style(style: Style, text: string): string
}

/** Names and values come from elsewhere: what would move the cursor or ring a bell is taken out. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
}

export function createTerminal(json: boolean): Terminal {
  const { stdout, stderr } = process
  // Whoever reads us has had enough (`| head`): nothing is left to be done.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  async function write(text: string | Uint8Array): Promise<void> {
    if (!stdout.write(text)) await once(stdout, 'drain')
  }
  const print = (line: string) => write(`${line}\n`)
  return {
    json,
    isInteractive: stdout.isTTY === true,
    width: stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY,
    size: () => ({ columns: stdout.columns || 80, rows: stdout.isTTY ? stdout.rows : 0 }),
    print,
    write,
    async result(value, inWords) {
      if (json) return print(JSON.stringify(value))
      const lines = [inWords()].flat()
      if (lines.length > 0) await print(lines.join('\n'))
    },
    note: line => {
      stderr.write(`${line}\n`)
    },
    // Without colours where NO_COLOR says so or nobody looks.
    style: (style, text) => styleText(style, text, { stream: stdout }),
  }
}
