// The work behind the caller's orders, newest first, with how far each is.
import { Empty } from '../answers/empty.tsx'
import { DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../lists/state-filter.tsx'
import { processLooks } from '../orders/order-words.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { processColumns, processStates, statusOf } from './process-columns.tsx'

const whileUnderWay = 2_000

const columns = processColumns()

export function ProcessesScreen() {
  const state = useFilter('state', processStates)
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
        options={processStates.map(value => ({ value, label: processLooks[value].label }))}
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
