// The caller's orders, newest first, narrowed to a state where one wishes.
import { Button } from '@mantine/core'
import type { OrderState } from '@waybill/sdk'
import { Link } from 'react-router'
import { Empty } from '../answers/empty.tsx'
import { DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../lists/state-filter.tsx'
import { Icon } from '../shell/icon.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { orderColumns } from './order-columns.tsx'
import { cancelReasonWords, isFinal, orderLooks } from './order-words.tsx'

const states = Object.keys(orderLooks) as OrderState[]
const whileUnderWay = 3_000

const columns = orderColumns({ reasonWords: cancelReasonWords })

export function OrdersScreen() {
  const state = useFilter('state', states)
  const orders = useList({
    queryKey: ['orders', state],
    read: page => waybill.orders.list({ ...page, state }),
    refetchInterval: orders => (orders.every(isFinal) ? false : whileUnderWay),
  })
  return (
    <Screen
      title="Orders"
      lead="Every export that you ordered."
      actions={
        <Button component={Link} to="/orders/new" leftSection={<Icon name="plus" />}>
          New order
        </Button>
      }
    >
      <StateFilter
        label="State"
        name="state"
        all="All orders"
        options={states.map(value => ({ value, label: orderLooks[value].label }))}
      />
      <GrowingList query={orders} what="orders" empty={state ? <NoneSo look={orderLooks[state].label} /> : <NoneYet />}>
        {rows => <DataTable label="Orders" columns={columns} rows={rows} keyOf={order => order.id} />}
      </GrowingList>
    </Screen>
  )
}

function NoneYet() {
  return (
    <Empty title="No orders yet" next={{ label: 'Order an export', to: '/orders/new' }}>
      Choose datasets of your cloud, and they are exported for you to download.
    </Empty>
  )
}

function NoneSo({ look }: { look: string }) {
  return (
    <Empty title={`No order is “${look}”`} next={{ label: 'Show all orders', to: '/orders' }}>
      Choose another state, or look at all of them.
    </Empty>
  )
}
