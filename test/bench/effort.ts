// How much work each figure is taken from: everything is bounded in count and in time.

export interface Effort {
  /** Every figure is the median of so many rounds. */
  rounds: number
  /** The same for figures whose round restarts the server or moves a whole file. */
  longRounds: number
  /** How long a round of load may take. */
  seconds: number
  /** The most orders that a round places. */
  ordersAtMost: number
  /** How long orders are followed at five a second. */
  followSeconds: number
  /** The most reads of one path that a round does. */
  readsAtMost: number
  /** Orders that stand in the tables while one of them is read. */
  ordersToRead: number
  passThroughBytes: number
  /** What is converted on LOCAL: so much that an export goes on for seconds. */
  convertedBytes: number
  /** How often each call of others is timed beside an export, and beside none. */
  callsBeside: number
  /** Every figure of exports in clouds is the median of so many rounds. */
  cloudRounds: number
  /** What AWS is given to export. The emulators keep all that they are given in memory, several times. */
  awsBytes: number
  /** The CSV that is converted there. */
  awsCsvBytes: number
  /** What the clouds behind it are given to export. */
  otherCloudBytes: number
  /** How long a server stands still before its memory is read. */
  idleSeconds: number
  /** How long a server is under load before it is killed. */
  killAfterSeconds: number
  /** How many orders stand in the tables while the rest is measured, smallest first. */
  ordersInTables: number[]
  /** Every figure of them is the median of so many rounds. */
  growthRounds: number
  /** The most orders of a round while all that happens behind them runs too: each has to be worked off afterwards. */
  ordersWorkedOffAtMost: number
}

export const fullEffort: Effort = {
  rounds: 3,
  longRounds: 3,
  seconds: 5,
  ordersAtMost: 6_000,
  followSeconds: 12,
  readsAtMost: 20_000,
  ordersToRead: 1_000,
  /** More than 10⁷ records. */
  passThroughBytes: 1_100_000_000,
  convertedBytes: 1_000_000_000,
  callsBeside: 2_000,
  cloudRounds: 2,
  awsBytes: 1_100_000_000,
  awsCsvBytes: 200_000_000,
  otherCloudBytes: 500_000_000,
  idleSeconds: 5,
  killAfterSeconds: 4,
  ordersInTables: [1e3, 1e5, 1e6],
  growthRounds: 2,
  ordersWorkedOffAtMost: 2_000,
}

export const quickEffort: Effort = {
  rounds: 2,
  longRounds: 1,
  seconds: 0.6,
  ordersAtMost: 600,
  followSeconds: 2,
  readsAtMost: 4_000,
  ordersToRead: 100,
  passThroughBytes: 300_000_000,
  convertedBytes: 100_000_000,
  callsBeside: 250,
  cloudRounds: 1,
  awsBytes: 100_000_000,
  awsCsvBytes: 50_000_000,
  otherCloudBytes: 50_000_000,
  idleSeconds: 3,
  killAfterSeconds: 1,
  ordersInTables: [1e3, 1e4],
  growthRounds: 1,
  ordersWorkedOffAtMost: 200,
}
