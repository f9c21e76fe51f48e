// What is known of one order: its details, its story, its payment, its process as it goes on, its delivery and its callbacks.
import { useDocumentVisibility } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { isWaybillError, type Order, type Payment, type Process } from '@waybill/sdk'
import { useEffect, useState } from 'react'
import { useMe } from '../session/session.ts'
import { waybill } from '../waybill.ts'
import { isFinal } from './order-words.tsx'

/** Operators see the orders of others, too. Until it is known who looks, it is the owner. */
export function useIsMine({ user_id }: Order): boolean {
  const me = useMe()
  return me.data === undefined || me.data.id === user_id
}

const whileSomethingIsDue = 2_000

export function useOrder(id: string) {
  return useQuery({
    queryKey: ['order', id, 'details'],
    queryFn: ({ signal }) => waybill.orders.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data && !isFinal(state.data) ? 2 * whileSomethingIsDue : false),
  })
}

/** Nothing more will happen to the money by itself. */
function isSettled({ state }: Payment): boolean {
  return state !== 'pending' && state !== 'authorized' && state !== 'unknown'
}

/** Undefined data while there is no payment yet: it is made a moment after the order. */
export function usePayment(orderId: string) {
  return useQuery({
    queryKey: ['order', orderId, 'payment'],
    queryFn: async ({ signal }): Promise<Payment | null> => {
      try {
        return await waybill.payments.ofOrder(orderId, { signal })
      } catch (error) {
        if (isWaybillError(error, 'PAYMENT_NOT_FOUND')) return null
        throw error
      }
    },
    refetchInterval: ({ state }) => (state.data && isSettled(state.data) ? false : whileSomethingIsDue),
  })
}

/** Asked anew while the order or its money may still move. */
export function useStory(order: Order, payment: Payment | null | undefined) {
  const mayMove = !isFinal(order) || (payment !== undefined && payment !== null && !isSettled(payment))
  return useQuery({
    queryKey: ['order', order.id, 'story', order.version, payment?.state],
    queryFn: ({ signal }) => waybill.orders.explain(order.id, { signal }),
    placeholderData: before => before,
    refetchInterval: mayMove ? whileSomethingIsDue : false,
  })
}

export function useManifest(processId: string) {
  return useQuery({
    queryKey: ['manifest', processId],
    queryFn: ({ signal }) => waybill.data.manifest(processId, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export interface FollowedProcess {
  process: Process | undefined
  /** The server stayed away, or something else that following does not get over. */
  error: unknown
  again: () => void
}

/** The process as it is, then at every change, also over connections that break. What hangs on it is asked for anew when it ends. */
export function useFollowedProcess(processId: string, orderId: string): FollowedProcess {
  const [process, setProcess] = useState<Process>()
  const [error, setError] = useState<unknown>()
  const [round, setRound] = useState(0)
  const cache = useQueryClient()
  // Browsers open few connections to one server: tabs that nobody looks at leave theirs to the others.
  const isSeen = useDocumentVisibility() === 'visible'
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round follows anew
  useEffect(() => {
    if (!isSeen) return
    const leaving = new AbortController()
    const follow = async () => {
      try {
        setError(undefined)
        let step: string | undefined
        for await (const current of waybill.processes.watch(processId, { signal: leaving.signal })) {
          setProcess(current)
          if (current.status !== 0 || current.step !== step)
            void cache.invalidateQueries({ queryKey: ['order', orderId] })
          step = current.step
        }
        void cache.invalidateQueries({ queryKey: ['orders'] })
      } catch (error) {
        if (!leaving.signal.aborted) setError(error)
      }
    }
    void follow()
    return () => leaving.abort()
  }, [processId, orderId, round, isSeen])
  return { process, error, again: () => setRound(before => before + 1) }
}
