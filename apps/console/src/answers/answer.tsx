// What a query brought: its data, or the wait for it, or what went wrong. Data that is there stays when a later call fails.
import { Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './loading.tsx'
import { Trouble } from './trouble.tsx'

export interface AnswerProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  /** Completes "Loading …". */
  what: string
  children: (data: T) => ReactNode
}

export function Answer<T>({ query, what, children }: AnswerProps<T>) {
  const { data, error, refetch } = query
  if (data === undefined) return error ? <Trouble error={error} again={refetch} /> : <Loading what={what} />
  if (!error) return children(data)
  return (
    <Stack>
      <Trouble error={error} again={refetch} />
      {children(data)}
    </Stack>
  )
}
