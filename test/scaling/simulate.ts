// Prints the simulated day; ends with 1 where the rules of Kubernetes let orders wait for too long. `npm run simulate`
import { stageNames } from '../../deployment/aws/src/stages.ts'
import { keepsUp, longestWaitAllowed, simulateGroups, simulateParts } from './planned-days.ts'
import { readFigures } from './scaling-page.ts'
import { type SimulatedDay, worstHour } from './simulation.ts'
import { trackedGroups } from './target-tracking.ts'

const figures = readFigures()
print('Kubernetes, prod', simulateParts(figures))
if (!simulateParts(figures).every(keepsUp)) process.exitCode = 1
for (const stage of stageNames) print(`AWS, ${stage}`, simulateGroups(figures, trackedGroups(stage)))

function print(title: string, days: SimulatedDay[]): void {
  console.log(title)
  for (const day of days) {
    const { rule, longestWait, p99Wait, mostProcesses, processHours, usedShare } = day
    console.log(
      `${keepsUp(day) ? 'ok  ' : 'LATE'} ${rule.part.padEnd(12)} longest wait ${longestWait.toFixed(1)} s (allowed ${longestWaitAllowed} s) at ${worstHour(day).toFixed(1)} h, p99 ${p99Wait.toFixed(1)} s, up to ${mostProcesses}, ${processHours.toFixed(0)} hours of them, ${Math.round(usedShare * 100)} % used`,
    )
  }
}
