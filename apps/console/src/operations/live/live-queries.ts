// Asks /metrics and /readyz every few seconds while somebody looks, and keeps what they said as long as the console is open.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { waybill } from '../../waybill.ts'
import { figuresOf } from './figures.ts'
import { emptyHistory, type History, observe, windowMilliseconds } from './history.ts'

export const betweenLooks = 3_000
/** Rates need two answers: the second comes sooner. */
const betweenFirstLooks = 1_000
const timeout = 5_000

/** Both stop by themselves while the tab is hidden. */
export function useHistory({ isPaused }: { isPaused: boolean }) {
  const cache = useQueryClient()
  const queryKey = ['live', 'history']
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<History> => {
      const figures = figuresOf(await waybill.desk.metrics({ signal, timeout }))
      return observe(cache.getQueryData<History>(queryKey) ?? emptyHistory, figures, Date.now())
    },
    structuralSharing: false,
    gcTime: windowMilliseconds,
    staleTime: 0,
    enabled: !isPaused,
    refetchInterval: ({ state }) => (state.data && state.data.points.length > 1 ? betweenLooks : betweenFirstLooks),
  })
}

export function useReadiness({ isPaused }: { isPaused: boolean }) {
  return useQuery({
    queryKey: ['live', 'readiness'],
    queryFn: ({ signal }) => waybill.readiness({ signal, timeout }),
    staleTime: 0,
    enabled: !isPaused,
    refetchInterval: betweenLooks,
  })
}
