// Prints the simulated day; ends with 1 where the rules let orders wait for too long. `npm run simulate`
import { keepsUp, longestWaitAllowed, simulateParts } from './planned-days.ts'
import { readFigures } from './scaling-page.ts'
import { worstHour } from './simulation.ts'

for (const day of simulateParts(readFigures())) {
  const { rule, longestWait, p99Wait, mostProcesses, processHours, usedShare } = day
  const verdict = keepsUp(day) ? 'ok  ' : 'FAIL'
  console.log(
    `${verdict} ${rule.part.padEnd(12)} longest wait ${longestWait.toFixed(1)} s (allowed ${longestWaitAllowed} s) at ${worstHour(day).toFixed(1)} h, p99 ${p99Wait.toFixed(1)} s, up to ${mostProcesses} processes, ${processHours.toFixed(0)} process-hours, ${Math.round(usedShare * 100)} % used`,
  )
  if (!keepsUp(day)) process.exitCode = 1
}
