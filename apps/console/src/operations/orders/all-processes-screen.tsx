// The work behind the orders of all users, newest first, narrowed to a status, a user, or both.
import { Group, Text } from '@mantine/core'
import type { Process } from '@waybill/sdk'
import { formatDuration } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { processLooks } from '../../orders/order-words.tsx'
import { processColumns, processStates, statusOf } from '../../processes/process-columns.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { UserFilter, useWhose } from '../users/user-filter.tsx'

const whileUnderWay = 3_000

const columns: Column<Process>[] = [
  ...processColumns(({ process_id }) => (
    <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
      {process_id}
    </Text>
  )),
  { header: 'Took', wideOnly: true, align: 'right', cell: tookOf },
]

function tookOf({ created_at, finished_at }: Process): string {
  if (finished_at === null) return '–'
  const seconds = (Date.parse(finished_at) - Date.parse(created_at)) / 1_000
  return seconds < 1 ? 'under 1 s' : formatDuration(seconds)
}

export function AllProcessesScreen() {
  const state = useFilter('state', processStates)
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
          options={processStates.map(value => ({ value, label: processLooks[value].label }))}
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
