// The rules by which the number of processes moves in production, part by part: those of the Kubernetes artefacts, for the simulation. A test compares the two.

/** A part of the system that is scaled by itself. */
export interface ScalingRule {
  part: 'order' | 'payment' | 'data' | 'data-export'
  min: number
  max: number
  /** Cores that a process asks for, and is given where its machine is full. */
  cores: number
  /** Of the requested cores, 0 to 1. */
  targetUtilization: number
  /** Messages that wait in its queue, for each of its processes; undefined where it has none. */
  messagesEach?: number
  /** Seconds that work may begin late; undefined where that is not looked at. */
  lateSeconds?: number
}

/** How fast the number may move, the same for all parts. */
export const behaviour = {
  up: { stabilizationSeconds: 0, percent: 100, processes: 2, periodSeconds: 30 },
  down: { stabilizationSeconds: 300, processes: 1, periodSeconds: 60 },
}

/** Of Kubernetes, unless it is told otherwise: how often the autoscaler looks, and what difference it lets be. */
export const autoscaler = { everySeconds: 15, tolerance: 0.1 }

const shared = { targetUtilization: 0.7 }
export const messagesEach = 200

/** Stage prod, with KEDA. */
export const productionRules: readonly ScalingRule[] = [
  { part: 'order', min: 3, max: 12, cores: 0.25, messagesEach, ...shared },
  { part: 'payment', min: 3, max: 12, cores: 0.25, messagesEach, ...shared },
  { part: 'data', min: 3, max: 8, cores: 0.25, messagesEach, ...shared },
  { part: 'data-export', min: 2, max: 12, cores: 1, lateSeconds: 5, ...shared },
]
