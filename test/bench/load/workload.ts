// What the load generator can be asked to do, and what it answers.

export interface Target {
  port: number
  /** Floors ask for none; they get one all the same, so that the requests are the same. */
  token: string
}

export interface PlacedOrder {
  orderId: string
  processId: string
}

/** Each is bounded in count and in time, whichever ends first. */
export type Workload =
  /** As fast as the answers come: only until 202. */
  | { kind: 'place-orders'; target: Target; body: string; atOnce: number; atMost: number; seconds: number }
  /** Each place orders again when its order is final. */
  | { kind: 'deliver-orders'; target: Target; body: string; atOnce: number; atMost: number; seconds: number }
  /** Steadily, each followed on its event stream until it is final; timed from its 202. */
  | { kind: 'follow-orders'; target: Target; body: string; perSecond: number; seconds: number }
  /** As fast as the answers come. */
  | { kind: 'read'; target: Target; paths: string[]; atOnce: number; atMost: number; seconds: number }
  /** Steadily, in turn, whether or not those before are answered, until its time is over or it is told to finish. */
  | { kind: 'read-steadily'; reads: { target: Target; path: string }[]; perSecond: number; seconds: number }

export interface LoadResult {
  done: number
  seconds: number
  /** Milliseconds, of what was done; of steady reads in the order in which they were sent. */
  latencies: number[]
  /** What was answered 202; only of workloads that place orders. */
  placed: PlacedOrder[]
  /** The first answer that was none, in words; what was done until then still counts. */
  failure: string | null
  /** Of the generator itself, as a share of one core. */
  ownCpuShare: number
}

/** What a workload gathers while it runs. */
export interface Gathered extends Pick<LoadResult, 'latencies' | 'placed'> {
  /** To be called when all is prepared and the measured time begins; without it, it began when the workload did. */
  begin: () => void
}
