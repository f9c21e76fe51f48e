// How Waybill tried to tell the customer's server, where the order named one.
import { Button, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import type { CallbackAttempt, Order } from '@waybill/sdk'
import { useEffect, useState } from 'react'
import { formatAge, formatTime } from '../amounts.ts'
import { sentence } from '../answers/sentence.ts'
import { Trouble } from '../answers/trouble.tsx'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { Panel } from '../shell/panel.tsx'
import { waybill } from '../waybill.ts'
import { useIsMine } from './order-queries.ts'
import { isFinal, StateBadge } from './order-words.tsx'

const whileDue = 2_000
/** Milliseconds within which a call that was just begun is heard of. */
const soon = 30_000

const columns: Column<CallbackAttempt>[] = [
  {
    header: 'Attempt',
    cell: ({ attempt, at, url, error, next_attempt_at }) => (
      <Stack gap={0}>
        <Text size="sm" fw={600}>
          Attempt {attempt}, {formatTime(at)}
        </Text>
        <Text size="xs" c="dimmed">
          {url}
        </Text>
        {error && <Text size="xs">{sentence(error)}</Text>}
        {next_attempt_at && <Text size="xs">Tried again {formatAge(next_attempt_at)}.</Text>}
      </Stack>
    ),
  },
  {
    header: 'Answer',
    cell: ({ status_code, error }) => (
      <StateBadge
        look={{ label: status_code === null ? 'None' : String(status_code), color: error ? 'red' : 'green' }}
      />
    ),
  },
]

/** Nothing where nobody is to be called. */
export function CallbackAttempts({ order }: { order: Order }) {
  const [until, setUntil] = useState(0)
  const endedJustNow = isFinal(order) && Date.now() - Date.parse(order.updated_at) < soon
  useEffect(() => {
    if (endedJustNow) setUntil(Date.now() + soon)
  }, [endedJustNow])
  const attempts = useList({
    queryKey: ['order', order.id, 'callbacks'],
    read: page => waybill.callbacks.list(order.process_id, page),
    refetchInterval: attempts => (Date.now() < until || attempts[0]?.next_attempt_at ? whileDue : false),
  })
  const isMine = useIsMine(order)
  const resending = useMutation({
    mutationFn: () => waybill.callbacks.resend(order.process_id),
    async onSuccess() {
      setUntil(Date.now() + soon)
      notifications.show({
        title: 'Called again',
        message: 'The attempt is listed as soon as your server has answered.',
      })
      await attempts.refetch()
    },
  })
  const isNobodyCalled = attempts.data?.pages.every(({ items }) => items.length === 0) ?? !attempts.error
  if (isNobodyCalled) return null
  return (
    <Panel
      title="Callback"
      actions={
        isFinal(order) &&
        isMine && (
          <Button size="xs" variant="default" loading={resending.isPending} onClick={() => resending.mutate()}>
            Call again
          </Button>
        )
      }
    >
      <Stack>
        {resending.isError && <Trouble error={resending.error} again={() => resending.mutate()} />}
        <GrowingList query={attempts} what="attempts" empty={null}>
          {rows => <DataTable plain label="Attempts to call" columns={columns} rows={rows} keyOf={({ id }) => id} />}
        </GrowingList>
      </Stack>
    </Panel>
  )
}
