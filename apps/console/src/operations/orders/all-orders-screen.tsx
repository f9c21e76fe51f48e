// The orders of all users, newest first, narrowed to a state, a user, or both.
import { Anchor, Box, Group, Stack, Text } from '@mantine/core'
import type { Order, OrderState } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { formatMoney } from '../../money.ts'
import { cancelReasonWords, isFinal, namesOf, orderLooks, StateBadge } from '../../orders/order-words.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { UserFilter, useWhose } from '../users/user-filter.tsx'
import { UserLink } from '../users/user-link.tsx'

const states = Object.keys(orderLooks) as OrderState[]
const whileUnderWay = 5_000

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
          <UserLink id={order.user_id} />
          <Box mt={4}>
            <StateBadge look={orderLooks[order.state]} />
          </Box>
        </Box>
      </Stack>
    ),
  },
  { header: 'User', wideOnly: true, cell: order => <UserLink id={order.user_id} /> },
  {
    header: 'State',
    wideOnly: true,
    cell: ({ state, cancel_reason }) => (
      <>
        <StateBadge look={orderLooks[state]} />
        {cancel_reason && (
          <Text size="xs" c="dimmed">
            {cancel_reason === 'cancelled_by_user' ? 'The user cancelled it.' : cancelReasonWords[cancel_reason]}
          </Text>
        )}
      </>
    ),
  },
  { header: 'Price', align: 'right', cell: order => formatMoney(order.amount, order.currency) },
]

export function AllOrdersScreen() {
  const state = useFilter('state', states)
  const whose = useWhose()
  const orders = useList({
    queryKey: ['orders', 'of all', whose, state],
    read: page => waybill.orders.list({ ...page, ...whose, state }),
    refetchInterval: orders => (orders.every(isFinal) ? false : whileUnderWay),
  })
  return (
    <Screen title="All orders" lead="What everybody has ordered, newest first.">
      <Group align="flex-start">
        <StateFilter
          label="State"
          name="state"
          all="All states"
          options={states.map(value => ({ value, label: orderLooks[value].label }))}
        />
        <UserFilter />
      </Group>
      <GrowingList
        query={orders}
        what="orders"
        empty={<Empty title="No such order">No order is in this state, or this user has none.</Empty>}
      >
        {rows => <DataTable label="Orders" columns={columns} rows={rows} keyOf={order => order.id} />}
      </GrowingList>
    </Screen>
  )
}
