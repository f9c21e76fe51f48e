// What the caller paid, or not, newest first.
import { Anchor, Box, Stack, Text } from '@mantine/core'
import type { Payment, PaymentState } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../amounts.ts'
import { Empty } from '../answers/empty.tsx'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../lists/state-filter.tsx'
import { paymentLooks, StateBadge } from '../orders/order-words.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { amountColumn } from './amount-column.tsx'

const states = Object.keys(paymentLooks) as PaymentState[]

const columns: Column<Payment>[] = [
  {
    header: 'Payment',
    cell: payment => (
      <Stack gap={0}>
        <Anchor component={Link} to={`/payments/${payment.id}`} fw={600}>
          {formatTime(payment.created_at)}
        </Anchor>
        <Text size="xs" c="dimmed">
          {formatAge(payment.created_at)} · export from {payment.cloud}, by {payment.gateway}
        </Text>
        <Box hiddenFrom="xs" mt={4}>
          <StateBadge look={paymentLooks[payment.state]} />
        </Box>
      </Stack>
    ),
  },
  { header: 'State', wideOnly: true, cell: payment => <StateBadge look={paymentLooks[payment.state]} /> },
  amountColumn,
]

export function PaymentsScreen() {
  const state = useFilter('state', states)
  const payments = useList({
    queryKey: ['payments', state],
    read: page => waybill.payments.list({ ...page, state }),
  })
  return (
    <Screen
      title="Payments"
      lead="Reserved when you order, taken when it is delivered, released when nothing comes of it."
    >
      <StateFilter
        label="State"
        name="state"
        all="All payments"
        options={states.map(value => ({ value, label: paymentLooks[value].label }))}
      />
      <GrowingList query={payments} what="payments" empty={<None filtered={state !== undefined} />}>
        {rows => <DataTable label="Payments" columns={columns} rows={rows} keyOf={payment => payment.id} />}
      </GrowingList>
    </Screen>
  )
}

function None({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No such payment" next={{ label: 'Show all payments', to: '/payments' }}>
        None of your payments is in this state.
      </Empty>
    )
  }
  return (
    <Empty title="No payments yet" next={{ label: 'Order an export', to: '/orders/new' }}>
      What you pay for your orders is listed here, step by step.
    </Empty>
  )
}
