// Runs an audit answer after answer: a long window comes in parts, and each part says where the next one begins.

import type { Violation } from '@waybill/sdk'
import { useEffect, useRef, useState } from 'react'
import { waybill } from '../../waybill.ts'

export interface AuditWindow {
  since: string
  until: string
}

export interface AuditRun {
  window: AuditWindow
  state: 'running' | 'stopped' | 'finished' | 'failed'
  /** Orders. */
  checked: number
  answers: number
  violations: Violation[]
  /** Where it goes on; undefined before the first answer and after the last. */
  cursor: string | undefined
  error?: unknown
}

/** An answer may take 20 seconds of work. */
const timeout = 45_000

export function useAudit() {
  const [run, setRun] = useState<AuditRun>()
  const stopping = useRef<AbortController>(undefined)
  useEffect(() => () => stopping.current?.abort(), [])

  const goOn = async (from: AuditRun) => {
    stopping.current?.abort()
    const stop = new AbortController()
    stopping.current = stop
    let current: AuditRun = { ...from, state: 'running', error: undefined }
    setRun(current)
    try {
      while (current.state === 'running') {
        const { cursor, window } = current
        const { data, next_cursor } = await waybill.desk
          .audit({ ...(cursor === undefined ? window : { cursor }), timeout, signal: stop.signal })
          .page()
        current = {
          ...current,
          state: next_cursor === null ? 'finished' : 'running',
          checked: current.checked + data.checked,
          answers: current.answers + 1,
          violations: [...current.violations, ...data.violations],
          cursor: next_cursor ?? undefined,
        }
        if (stop.signal.aborted) return
        setRun(current)
      }
    } catch (error) {
      if (!stop.signal.aborted) setRun({ ...current, state: 'failed', error })
    }
  }

  return {
    run,
    begin: (window: AuditWindow) =>
      void goOn({ window, state: 'running', checked: 0, answers: 0, violations: [], cursor: undefined }),
    goOn: () => run && void goOn(run),
    stop() {
      stopping.current?.abort()
      setRun(before => before && { ...before, state: 'stopped' })
    },
  }
}
