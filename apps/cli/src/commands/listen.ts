// `waybill listen`: brings callbacks to a program on this machine, which needs no public address.
import { randomUUID } from 'node:crypto'
import type { Process } from '@waybill/sdk'
import { verifyCallback } from '@waybill/sdk/callbacks'
import { type CallbackRequest, callbackRequest } from '../callback-request.ts'
import { defineCommand } from '../command.ts'
import { UsageError } from '../failures.ts'
import { hearOfEnds } from '../finished-processes.ts'
import { wholeNumber } from '../read-number.ts'
import { printable } from '../terminal.ts'

interface Options {
  forward?: URL
  count?: number
}

interface Forwarded {
  status: number | null
  error: string | null
}

const answerWithinMilliseconds = 10_000

export const command = defineCommand<Options>({
  description:
    'Prints every process of yours that ends, as the CloudEvent of its callback, and posts it on, signed with your callback secret as the server would. All connections go out from here. Ends with Ctrl-C, or after --count of them.',
  options: [
    { flags: '-f, --forward <url>', description: 'where to post each callback', parse: readUrl },
    { flags: '--count <n>', description: 'end after so many', parse: wholeNumber('--count', 1, 1_000_000) },
  ],
  examples: [
    {
      what: 'Bring one callback to a program on port 3000',
      line: 'waybill listen --forward http://localhost:3000/hook --count 1 & sleep 3; waybill order airports --token tok_approve; wait',
    },
  ],
  async run({ options, terminal, session }) {
    const { client } = session
    const secret = await client.callbacks.secret()
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    let begun = 0
    let told = 0

    async function onEnd(ended: Process): Promise<void> {
      // Several may end at once.
      if (stop.signal.aborted || begun === options.count) return
      begun++
      const request = callbackRequest(ended, secret, randomUUID())
      // What goes on from here is what a receiver would accept.
      const event = verifyCallback(request.headers, request.body, secret)
      const forwarded = options.forward && (await forward(options.forward, request))
      await terminal.result({ event, forwarded }, () => lineOf(ended, options.forward, forwarded))
      told++
      if (told === options.count) stop.abort()
    }

    await hearOfEnds(client, stop.signal, {
      onReady: () => terminal.note(`listening to ${session.server}; Ctrl-C ends it`),
      onEnd,
      onTrouble: message => terminal.note(printable(message)),
    })
  },
})

async function forward(url: URL, { headers, body }: CallbackRequest): Promise<Forwarded> {
  try {
    const signal = AbortSignal.timeout(answerWithinMilliseconds)
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    await response.body?.cancel()
    return { status: response.status, error: null }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    return { status: null, error: cause?.code ?? message }
  }
}

function lineOf(ended: Process, url: URL | undefined, forwarded: Forwarded | undefined): string {
  const what = `${ended.finished_at}  process ${ended.process_id} ${ended.state}${ended.reason === null ? '' : `: ${ended.reason}`}`
  if (!forwarded) return what
  return `${what}  -> ${url}: ${forwarded.status ?? forwarded.error}`
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new UsageError(
    `--forward must be a URL, and ${text} is not`,
    'waybill listen --forward http://localhost:3000/hook',
  )
}
