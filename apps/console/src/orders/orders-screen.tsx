// The caller's orders, newest first, narrowed to a state where one wishes.
import { Anchor, Box, Button, Stack, Text } from '@mantine/core'
import type { Order, OrderState } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../amounts.ts'
import { Empty } from '../answers/empty.tsx'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../lists/state-filter.tsx'
import { formatMoney } from '../money.ts'
import { Icon } from '../shell/icon.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { isFinal, namesOf, orderLooks, StateBadge } from './order-words.tsx'

const states = Object.keys(orderLooks) as OrderState[]
const whileUnderWay = 3_000

const columns: Column<Order>[] = [
  {
    header: 'Order',
    cell: order => (
      <Stack gap={0}>
        <Anchor component={Link} to={`/orders/${order.id}`} fw={600}>
          {namesOf(order)}
        </Anchor>
        <Text size="xs" c="dimmed" title={formatTime(order.created_at)}>
          {formatAge(order.created_at)} · {order.cloud}
        </Text>
        <Box hiddenFrom="xs" mt={4}>
          <StateBadge look={orderLooks[order.state]} />
        </Box>
      </Stack>
    ),
  },
  { header: 'State', wideOnly: true, cell: order => <StateBadge look={orderLooks[order.state]} /> },
  { header: 'Price', align: 'right', cell: order => formatMoney(order.amount, order.currency) },
]

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
