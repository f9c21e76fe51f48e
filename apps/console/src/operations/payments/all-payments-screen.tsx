// The payments of all users, newest first, narrowed to a state, a user, or both.
import { Anchor, Box, Group, Stack, Text } from '@mantine/core'
import type { Payment, PaymentState } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { paymentLooks, StateBadge } from '../../orders/order-words.tsx'
import { amountColumn } from '../../payments/amount-column.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { UserFilter, useWhose } from '../users/user-filter.tsx'
import { UserLink } from '../users/user-link.tsx'

const states = Object.keys(paymentLooks) as PaymentState[]

const columns: Column<Payment>[] = [
  {
    header: 'Payment',
    cell: payment => (
      <Stack gap={0}>
        <Anchor component={Link} to={`/operations/payments/${payment.id}`} fw={600}>
          {formatTime(payment.created_at)}
        </Anchor>
        <Text size="xs" c="dimmed">
          {formatAge(payment.created_at)} · {payment.cloud}, by {payment.gateway}
        </Text>
        <Box hiddenFrom="xs" mt={4}>
          <UserLink id={payment.user_id} />
          <Box mt={4}>
            <StateBadge look={paymentLooks[payment.state]} />
          </Box>
        </Box>
      </Stack>
    ),
  },
  { header: 'User', wideOnly: true, cell: payment => <UserLink id={payment.user_id} /> },
  {
    header: 'State',
    wideOnly: true,
    cell: ({ state, decline_code }) => (
      <>
        <StateBadge look={paymentLooks[state]} />
        {decline_code && (
          <Text size="xs" c="dimmed">
            {decline_code.replaceAll('_', ' ')}
          </Text>
        )}
      </>
    ),
  },
  amountColumn,
]

export function AllPaymentsScreen() {
  const state = useFilter('state', states)
  const whose = useWhose()
  const payments = useList({
    queryKey: ['payments', 'of all', whose, state],
    read: page => waybill.payments.list({ ...page, ...whose, state }),
  })
  return (
    <Screen
      title="All payments"
      lead="What everybody pays; each shows its attempts at the gateway, and can be given back."
    >
      <Group align="flex-start">
        <StateFilter
          label="State"
          name="state"
          all="All states"
          options={states.map(value => ({ value, label: paymentLooks[value].label }))}
        />
        <UserFilter />
      </Group>
      <GrowingList
        query={payments}
        what="payments"
        empty={<Empty title="No such payment">No payment is in this state, or this user has none.</Empty>}
      >
        {rows => <DataTable label="Payments" columns={columns} rows={rows} keyOf={payment => payment.id} />}
      </GrowingList>
    </Screen>
  )
}
