// What we use of cli-progress 3.12, which brings no types.
declare module 'cli-progress' {
  export interface SingleBarOptions {
    format: string
    stream: NodeJS.WritableStream
    barsize: number
    barCompleteChar: string
    barIncompleteChar: string
    autopadding: boolean
    hideCursor: boolean | null
    linewrap: boolean | null
  }
  export class SingleBar {
    constructor(options: Partial<SingleBarOptions>)
    start(total: number, startValue: number, payload?: Record<string, unknown>): void
    update(value: number, payload?: Record<string, unknown>): void
    stop(): void
  }
}
