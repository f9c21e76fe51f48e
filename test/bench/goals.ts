// What the design asks of each figure (DESIGN.md, section 4), so that the table can say whether it was met.

/** Measured against the floor of the same run, or against a number. */
export type Goal = { of: 'floor' | 'value'; bound: 'at least' | 'at most'; limit: number }

const timesFloor = (bound: Goal['bound'], limit: number): Goal => ({ of: 'floor', bound, limit })
const value = (bound: Goal['bound'], limit: number): Goal => ({ of: 'value', bound, limit })

export const goals = {
  acceptedBesideNaive: timesFloor('at least', 2),
  acceptedBesideSharing: timesFloor('at least', 0.6),
  deliveredPerSecond: value('at least', 400),
  cpuMillisecondsPerJob: value('at most', 4.5),
  cpuMillisecondsPerTinyJob: value('at most', 2.5),
  deliveredWithinP50: value('at most', 12),
  deliveredWithinP99: value('at most', 25),
  readsBesideExpress: timesFloor('at least', 0.6),
  passThroughBesideCp: timesFloor('at least', 0.6),
  /** At the pace of the SDK's own copy: rounds of one and the same are further apart than a tenth. */
  exportBesideSdkCopy: timesFloor('at least', 0.9),
  csvMegabytesPerCpuSecond: value('at least', 100),
  exportMemoryMebibytes: value('at most', 200),
  readsWhileExporting: timesFloor('at most', 2),
  /** Of the bytes that a killed export had written: 1 would be starting over. */
  shareWrittenAgain: value('at most', 0.5),
  startSeconds: value('at most', 1),
  idleMebibytes: value('at most', 100),
  lostOrders: value('at most', 0),
  recoverySeconds: value('at most', 3),
} satisfies Record<string, Goal>
