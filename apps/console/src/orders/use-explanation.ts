// Follows the explanation of one order for its page: over connections that break, until nothing more will happen or nobody looks.
import { useDocumentVisibility } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import type { Explanation } from '@waybill/sdk'
import { useEffect, useRef, useState } from 'react'
import { waybill } from '../waybill.ts'

export interface FollowedExplanation {
  explanation: Explanation | undefined
  /** False while the connection is lost; following goes on by itself once it is back. */
  isConnected: boolean
  /** The server stayed away, or something else that following does not get over. */
  error: unknown
  /** Follows anew: after an error, and after an action that sets going again what had ended. */
  again: () => void
}

/** What hangs on the order is asked for anew whenever a step is begun or over. */
export function useExplanation(orderId: string): FollowedExplanation {
  const [explanation, setExplanation] = useState<Explanation>()
  const [isConnected, setConnected] = useState(true)
  const [error, setError] = useState<unknown>()
  const [round, setRound] = useState(0)
  const cache = useQueryClient()
  const steps = useRef('')
  // Browsers open few connections to one server: tabs that nobody looks at leave theirs to the others.
  const isSeen = useDocumentVisibility() === 'visible'
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round follows anew
  useEffect(() => {
    if (!isSeen) return
    const leaving = new AbortController()
    const { signal } = leaving
    const follow = async () => {
      try {
        setError(undefined)
        const onConnection = (now: boolean) => !signal.aborted && setConnected(now)
        for await (const current of waybill.orders.watchExplanation(orderId, { signal, onConnection })) {
          setExplanation(current)
          // Also what a following before this one has lost.
          setConnected(true)
          const now = stepsOf(current)
          if (now !== steps.current) void cache.invalidateQueries({ queryKey: ['order', orderId] })
          steps.current = now
        }
        void cache.invalidateQueries({ queryKey: ['orders'] })
      } catch (error) {
        if (signal.aborted) return
        setConnected(true)
        setError(error)
      }
    }
    void follow()
    return () => leaving.abort()
  }, [orderId, round, isSeen])
  return { explanation, isConnected, error, again: () => setRound(before => before + 1) }
}

/** Without how far each is. */
function stepsOf({ state, entries }: Explanation): string {
  return [state, ...entries.map(({ kind, outcome, attempt }) => `${kind} ${outcome} ${attempt}`)].join()
}
