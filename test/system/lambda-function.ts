// A Lambda function as AWS runs it: a container does one invocation at a time, and where none is free there is one more.
import { type FunctionOptions, LambdaContainer } from './lambda-container.ts'

export class LambdaFunction {
  readonly #options: FunctionOptions
  readonly #containers = new Set<LambdaContainer>()

  constructor(options: FunctionOptions) {
    this.#options = options
  }

  /** Rejects where the handler throws, the container ends or the time is over. */
  async invoke<T>(event: unknown): Promise<T> {
    const container = this.#containers.values().find(each => each.isFree) ?? this.#coldStart()
    return (await container.invoke(event)) as T
  }

  /** SIGKILL. */
  kill(): void {
    for (const container of this.#containers) container.signal('SIGKILL')
    this.#containers.clear()
  }

  /** SIGTERM, as to functions that have an extension; answers the exit codes. */
  async stop(): Promise<(number | null)[]> {
    const codes = await Promise.all([...this.#containers].map(container => container.stop()))
    this.#containers.clear()
    return codes
  }

  #coldStart(): LambdaContainer {
    const container = new LambdaContainer(this.#options, () => this.#containers.delete(container))
    this.#containers.add(container)
    return container
  }
}
