// The money side of one order, in short: what was tried with it, the story tells.
import { Anchor, Group, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Payment } from '@waybill/sdk'
import { Link } from 'react-router'
import { Answer } from '../answers/answer.tsx'
import { formatMoney } from '../money.ts'
import { Panel } from '../shell/panel.tsx'
import { useIsMine } from './order-queries.ts'
import { paymentLooks, StateBadge } from './order-words.tsx'

export function OrderPayment({ query }: { query: UseQueryResult<Payment | null> }) {
  return (
    <Panel title="Payment" actions={query.data && <StateBadge look={paymentLooks[query.data.state]} />}>
      <Answer query={query} what="the payment">
        {payment => (payment ? <Sums payment={payment} /> : <Text size="sm">The payment begins in a moment.</Text>)}
      </Answer>
    </Panel>
  )
}

function Sums({ payment }: { payment: Payment }) {
  const { id, amount, currency, gateway, decline_code, refunded_amount } = payment
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm">
        {formatMoney(amount, currency)} by {gateway}
      </Text>
      {decline_code && <Text size="sm">Declined: {decline_code.replaceAll('_', ' ')}</Text>}
      <Anchor
        component={Link}
        to={`${useIsMine(payment) ? '' : '/operations'}/payments/${id}`}
        underline="always"
        size="sm"
      >
        Every attempt at the gateway
      </Anchor>
      {refunded_amount > 0 && <Text size="sm">{formatMoney(refunded_amount, currency)} given back</Text>}
    </Group>
  )
}
