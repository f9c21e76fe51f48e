// Shows how far something is: a bar with percentage and time left on a terminal, plain lines elsewhere.
import { readableDuration } from './readable.ts'
import { printable, type Terminal } from './terminal.ts'

export interface Step {
  percentage: number
  /** What is being done. */
  text: string
  etaSeconds: number | null
}

export interface Progress {
  show(step: Step): void
  /** Leaves the line to others. */
  end(): void
}

/** `lines` takes a line wherever a bar has no place. */
export async function startProgress(terminal: Terminal, lines: (line: string) => void): Promise<Progress> {
  const isDrawn = terminal.isInteractive && process.stderr.isTTY && !terminal.json
  return isDrawn ? drawBar() : tellLines(lines)
}

async function drawBar(): Promise<Progress> {
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: '{bar} {percentage} % {eta_text} {text}',
    stream: process.stderr,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    autopadding: true,
    hideCursor: false,
    linewrap: false,
  })
  bar.start(100, 0, { text: '', eta_text: '' })
  return {
    show: step => bar.update(step.percentage, { text: printable(step.text), eta_text: etaText(step) }),
    end: () => bar.stop(),
  }
}

function tellLines(lines: (line: string) => void): Progress {
  let last = ''
  return {
    show(step) {
      const line = [`${step.percentage} %`, printable(step.text), etaText(step)].filter(it => it !== '').join('  ')
      if (line !== last) lines(line)
      last = line
    },
    end() {},
  }
}

function etaText({ etaSeconds }: Step): string {
  return etaSeconds === null ? '' : `about ${readableDuration(etaSeconds)} left`
}
