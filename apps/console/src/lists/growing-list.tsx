// A list that grows, page after page: the pages so far, and a button for more.
import { Button, Center, Stack } from '@mantine/core'
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import type { Page, Pages } from '@waybill/sdk'
import type { ReactNode } from 'react'
import { Loading } from '../answers/loading.tsx'
import { Trouble } from '../answers/trouble.tsx'

export interface ListQueryOptions<T, D> {
  queryKey: QueryKey
  /** Asks for the page at a cursor. */
  read: (page: { cursor: string | undefined; signal: AbortSignal }) => Pages<T, D>
  /** Milliseconds between two looks, while something is under way. */
  refetchInterval?: number | ((items: T[]) => number | false)
  /** A page that is read stays as it is, until it is asked for anew. */
  isFrozen?: boolean
}

export function useList<T, D = T[]>({ queryKey, read, refetchInterval, isFrozen }: ListQueryOptions<T, D>) {
  return useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }): Promise<Page<T, D>> => read({ cursor: pageParam, signal }).page(),
    getNextPageParam: page => page.next_cursor ?? undefined,
    refetchInterval:
      typeof refetchInterval === 'function'
        ? query => refetchInterval(query.state.data?.pages.flatMap(page => page.items) ?? [])
        : refetchInterval,
    ...(isFrozen ? { staleTime: Number.POSITIVE_INFINITY } : {}),
  })
}

export interface GrowingListProps<T, D> {
  query: ReturnType<typeof useList<T, D>>
  /** Completes "Loading …" and "Show more …". */
  what: string
  empty: ReactNode
  children: (items: T[], pages: Page<T, D>[]) => ReactNode
}

export function GrowingList<T, D>({ query, what, empty, children }: GrowingListProps<T, D>) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } = query
  if (!data) return error ? <Trouble error={error} again={refetch} /> : <Loading what={what} />
  const items = data.pages.flatMap(page => page.items)
  return (
    <Stack>
      {error && <Trouble error={error} again={isFetchNextPageError ? fetchNextPage : refetch} />}
      {items.length === 0 ? empty : children(items, data.pages)}
      {hasNextPage && (
        <Center>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more {what}
          </Button>
        </Center>
      )}
    </Stack>
  )
}
