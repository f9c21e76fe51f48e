// A container of a Lambda function: AWS's own runtime client in a process, frozen between invocations and killed when its time is over.
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { spawnBound } from './bound-process.ts'

export interface FunctionOptions {
  readonly name: string
  /** `build/order/index.http`, under `folder`. */
  readonly handler: string
  readonly folder: string
  readonly seconds: number
  readonly environment: Record<string, string>
}

interface Invocation {
  readonly id: string
  readonly event: unknown
  isHanded: boolean
  answer: { body: string; isError: boolean } | undefined
  resolve(answer: unknown): void
  reject(error: Error): void
}

const client = fileURLToPath(new URL('../../node_modules/aws-lambda-ric/index.mjs', import.meta.url))
const preload = new URL('./lambda-runtime-preload.ts', import.meta.url).href

export class LambdaContainer {
  readonly #options: FunctionOptions
  readonly #api = createServer((request, response) => this.#take(request, response))
  readonly #child: Promise<ChildProcess>
  readonly #ended: Promise<number | null>
  #invocation: Invocation | undefined
  /** The client that waits for an invocation, frozen. */
  #waiting: ServerResponse | undefined
  #output = ''

  constructor(options: FunctionOptions, onEnd: () => void) {
    this.#options = options
    this.#child = this.#run()
    this.#ended = this.#child.then(async child => (await once(child, 'exit'))[0] as number | null)
    void this.#ended.then(() => {
      onEnd()
      this.#api.closeAllConnections()
      this.#api.close()
      this.#invocation?.reject(this.#failure('has ended'))
    })
  }

  get isFree(): boolean {
    return this.#invocation === undefined
  }

  /** Resolves once the client has answered and asks for the next. */
  async invoke(event: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#invocation = { id: randomUUID(), event, isHanded: false, answer: undefined, resolve, reject }
    const late = setTimeout(() => {
      reject(this.#failure(`timed out after ${this.#options.seconds} seconds`))
      this.signal('SIGKILL')
    }, this.#options.seconds * 1_000)
    if (this.#waiting) this.#hand(this.#waiting)
    try {
      return await promise
    } finally {
      clearTimeout(late)
    }
  }

  signal(signal: NodeJS.Signals): void {
    void this.#child.then(child => child.kill(signal))
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGCONT')
    this.signal('SIGTERM')
    return this.#ended
  }

  async #run(): Promise<ChildProcess> {
    await once(this.#api.listen(0, '127.0.0.1'), 'listening')
    const { port } = this.#api.address() as AddressInfo
    const { name, folder, handler, environment } = this.#options
    const child = spawnBound(process.execPath, ['--import', preload, client], {
      env: {
        ...{ PATH: process.env.PATH, ...environment },
        ...lambdaEnvironment(name),
        ...{ AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, LAMBDA_TASK_ROOT: folder, _HANDLER: handler },
        // Cold starts are many, and there are two processors.
        NODE_COMPILE_CACHE: join(folder, '.compiled'),
      },
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', chunk => {
        this.#output += chunk
      })
    }
    return child
  }

  /** The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!.replace('/2018-06-01/runtime/', '')
    if (path === 'invocation/next') {
      this.#next(response)
      return
    }
    const body = await text(request)
    response.writeHead(202).end()
    if (path === 'init/error') this.#invocation?.reject(this.#failure('does not start'))
    else if (this.#invocation) this.#invocation.answer = { body, isError: path.endsWith('/error') }
  }

  #next(response: ServerResponse): void {
    const invocation = this.#invocation
    // The first invocation is there before its container is.
    if (invocation && !invocation.isHanded) {
      this.#hand(response)
      return
    }
    this.#invocation = undefined
    this.#waiting = response
    this.signal('SIGSTOP')
    if (!invocation) return
    const { answer, resolve, reject } = invocation
    if (answer && !answer.isError) resolve(JSON.parse(answer.body))
    else reject(this.#failure(answer?.body ?? 'has not answered'))
  }

  #hand(response: ServerResponse): void {
    const { id, event } = this.#invocation!
    const { name, seconds } = this.#options
    this.#invocation!.isHanded = true
    this.#waiting = undefined
    this.signal('SIGCONT')
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + seconds * 1_000),
      'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:eu-central-1:000000000000:function:${name}`,
    })
    response.end(JSON.stringify(event))
  }

  #failure(what: string): Error {
    return new Error(`${this.#options.name} ${what}\n${this.#output}`)
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: the part without which the client does not begin. */
function lambdaEnvironment(name: string): Record<string, string> {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'test',
  }
}
