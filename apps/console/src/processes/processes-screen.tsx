// The work behind the caller's orders, newest first, with how far each is.
import { Anchor, Box, Group, Progress, Stack, Text } from '@mantine/core'
import type { Process } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../amounts.ts'
import { Empty } from '../answers/empty.tsx'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../lists/state-filter.tsx'
import { processLooks, StateBadge, wordsOf } from '../orders/order-words.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'

const states = ['under_process', 'success', 'failure'] as const satisfies Process['state'][]
const statusOf = { under_process: 0, success: 1, failure: 2 } as const
const whileUnderWay = 2_000

const columns: Column<Process>[] = [
  {
    header: 'Process',
    cell: process => (
      <Stack gap={0}>
        <Anchor component={Link} to={`/orders/${process.order_id}`} fw={600}>
          {formatTime(process.created_at)}
        </Anchor>
        <Text size="xs" c="dimmed">
          {formatAge(process.created_at)} · {wordsOf(process)}
        </Text>
        <Box hiddenFrom="xs" mt={4}>
          <StateBadge look={processLooks[process.state]} />
        </Box>
      </Stack>
    ),
  },
  { header: 'Status', wideOnly: true, cell: process => <StateBadge look={processLooks[process.state]} /> },
  {
    header: 'Done',
    wideOnly: true,
    cell: ({ percentage, process_id }) => (
      <Group gap="xs" wrap="nowrap">
        <Progress value={percentage} w={100} aria-label={`Process ${process_id}`} />
        <Text size="sm">{percentage} %</Text>
      </Group>
    ),
  },
]

export function ProcessesScreen() {
  const state = useFilter('state', states)
  const processes = useList({
    queryKey: ['processes', state],
    read: page => waybill.processes.list({ ...page, status: state && statusOf[state] }),
    refetchInterval: processes => (processes.some(({ status }) => status === 0) ? whileUnderWay : false),
  })
  return (
    <Screen title="Processes" lead="The work behind your orders.">
      <StateFilter
        label="Status"
        name="state"
        all="All processes"
        options={states.map(value => ({ value, label: processLooks[value].label }))}
      />
      <GrowingList query={processes} what="processes" empty={<None filtered={state !== undefined} />}>
        {rows => <DataTable label="Processes" columns={columns} rows={rows} keyOf={process => process.process_id} />}
      </GrowingList>
    </Screen>
  )
}

function None({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No such process" next={{ label: 'Show all processes', to: '/processes' }}>
        None of your processes has this status.
      </Empty>
    )
  }
  return (
    <Empty title="Nothing to work on yet" next={{ label: 'Order an export', to: '/orders/new' }}>
      Each order begins a process, and here you see how far it is.
    </Empty>
  )
}
