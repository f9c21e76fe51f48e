// What differs between the stages: sizes, and how much is kept safe. No secrets, and no settings of Waybill's: those stand in the stage's document in S3.

export interface Stage {
  readonly region: string
  /** Data centres; in one there is one NAT gateway, in several as many. */
  readonly zones: number
  readonly network: string
  /** EC2 instance types by service, x86-64: the one native module is installed for it. */
  readonly instanceType: string
  /** Instances of each service; there is always one. */
  readonly mostInstances: {
    readonly user: number
    readonly order: number
    readonly payment: number
    readonly data: number
  }
  readonly databaseClass: string
  readonly databaseGigabytes: number
  /** A second machine in another data centre that takes over. */
  readonly databaseStandby: boolean
  readonly backupDays: number
  /** What holds data stays when its stack is deleted, and is not deleted by mistake. */
  readonly keepsData: boolean
  readonly logDays: number
  /** Of the Lambda workers. */
  readonly workerMegabytes: number
  /** How many batches of one queue Lambda workers have at once. */
  readonly batchesAtOnce: number
}

export const stages = {
  dev: {
    region: 'eu-central-1',
    zones: 2,
    network: '10.20.0.0/16',
    instanceType: 't3.small',
    mostInstances: { user: 2, order: 2, payment: 2, data: 2 },
    databaseClass: 't4g.micro',
    databaseGigabytes: 20,
    databaseStandby: false,
    backupDays: 1,
    keepsData: false,
    logDays: 7,
    workerMegabytes: 512,
    batchesAtOnce: 2,
  },
  qa: {
    region: 'eu-central-1',
    zones: 2,
    network: '10.30.0.0/16',
    instanceType: 't3.medium',
    mostInstances: { user: 2, order: 4, payment: 4, data: 4 },
    databaseClass: 't4g.medium',
    databaseGigabytes: 50,
    databaseStandby: false,
    backupDays: 7,
    keepsData: false,
    logDays: 30,
    workerMegabytes: 1024,
    batchesAtOnce: 5,
  },
  prod: {
    region: 'eu-central-1',
    zones: 3,
    network: '10.40.0.0/16',
    instanceType: 'm7i.large',
    mostInstances: { user: 4, order: 12, payment: 12, data: 16 },
    databaseClass: 'm7g.large',
    databaseGigabytes: 200,
    databaseStandby: true,
    backupDays: 35,
    keepsData: true,
    logDays: 365,
    workerMegabytes: 1769,
    batchesAtOnce: 20,
  },
} as const satisfies Record<string, Stage>

export type StageName = keyof typeof stages
export const stageNames = Object.keys(stages) as StageName[]

/** The rules by which groups of instances grow and shrink; the simulation of docs/scaling.md goes by them, too. */
export const scaling = {
  least: 1,
  /** Percent of CPU that target tracking aims at, on the average of a group. */
  cpu: 60,
  /** Seconds from the start of an instance until it counts: it downloads, starts and is found healthy in that time. */
  warmUpSeconds: 120,
} as const
