// The work behind the orders of all users, newest first, narrowed to a status, a user, or both.
import { Anchor, Box, Group, Progress, Stack, Text } from '@mantine/core'
import type { Process } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatDuration, formatTime } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { processLooks, StateBadge, wordsOf } from '../../orders/order-words.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { UserFilter, useWhose } from '../users/user-filter.tsx'

const states = ['under_process', 'success', 'failure'] as const satisfies Process['state'][]
const statusOf = { under_process: 0, success: 1, failure: 2 } as const
const whileUnderWay = 3_000

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
        <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {process.process_id}
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
  { header: 'Took', wideOnly: true, align: 'right', cell: tookOf },
]

function tookOf({ created_at, finished_at }: Process): string {
  if (finished_at === null) return '–'
  const seconds = (Date.parse(finished_at) - Date.parse(created_at)) / 1_000
  return seconds < 1 ? 'under 1 s' : formatDuration(seconds)
}

export function AllProcessesScreen() {
  const state = useFilter('state', states)
  const whose = useWhose()
  const processes = useList({
    queryKey: ['processes', 'of all', whose, state],
    read: page => waybill.processes.list({ ...page, ...whose, status: state && statusOf[state] }),
    refetchInterval: processes => (processes.some(({ status }) => status === 0) ? whileUnderWay : false),
  })
  return (
    <Screen
      title="All processes"
      lead="The work behind everybody's orders. Each leads to its order, which says whose it is."
    >
      <Group align="flex-start">
        <StateFilter
          label="Status"
          name="state"
          all="All processes"
          options={states.map(value => ({ value, label: processLooks[value].label }))}
        />
        <UserFilter />
      </Group>
      <GrowingList
        query={processes}
        what="processes"
        empty={<Empty title="No such process">No process has this status, or this user has none.</Empty>}
      >
        {rows => <DataTable label="Processes" columns={columns} rows={rows} keyOf={process => process.process_id} />}
      </GrowingList>
    </Screen>
  )
}
