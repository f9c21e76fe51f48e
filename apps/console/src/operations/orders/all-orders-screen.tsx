// The orders of all users, newest first, narrowed to a state, a user, or both.
import { Group } from '@mantine/core'
import type { OrderState } from '@waybill/sdk'
import { Empty } from '../../answers/empty.tsx'
import { DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { orderColumns } from '../../orders/order-columns.tsx'
import { cancelReasonWords, isFinal, orderLooks } from '../../orders/order-words.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { UserFilter, useWhose } from '../users/user-filter.tsx'
import { UserLink } from '../users/user-link.tsx'

const states = Object.keys(orderLooks) as OrderState[]
const whileUnderWay = 5_000

const columns = orderColumns({
  reasonWords: { ...cancelReasonWords, cancelled_by_user: 'The user cancelled it.' },
  owner: order => <UserLink id={order.user_id} />,
})

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
