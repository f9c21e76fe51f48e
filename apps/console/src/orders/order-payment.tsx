// The money side of one order, attempt by attempt.
import { Group, Stack, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Payment, PaymentAttempt } from '@waybill/sdk'
import { formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { plainly } from '../answers/plainly.ts'
import { sentence } from '../answers/sentence.ts'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { formatMoney } from '../money.ts'
import { Panel } from '../shell/panel.tsx'
import { paymentLooks, StateBadge } from './order-words.tsx'

export function OrderPayment({ query }: { query: UseQueryResult<Payment | null> }) {
  return (
    <Panel title="Payment" actions={query.data && <StateBadge look={paymentLooks[query.data.state]} />}>
      <Answer query={query} what="the payment">
        {payment => (payment ? <Attempts payment={payment} /> : <Text size="sm">The payment begins in a moment.</Text>)}
      </Answer>
    </Panel>
  )
}

export const operationWords: Record<PaymentAttempt['operation'], string> = {
  authorize: 'Reserve',
  capture: 'Take',
  void: 'Release',
  refund: 'Give back',
}

export const outcomeLooks: Record<PaymentAttempt['outcome'], { label: string; color: string }> = {
  succeeded: { label: 'Succeeded', color: 'green' },
  declined: { label: 'Declined', color: 'red' },
  failed: { label: 'Failed', color: 'red' },
  unknown: { label: 'Being checked', color: 'orange' },
}

function Attempts({ payment }: { payment: Payment }) {
  const columns: Column<PaymentAttempt>[] = [
    {
      header: 'Step',
      cell: ({ operation, at, error }) => (
        <Stack gap={0}>
          <Text size="sm" fw={600}>
            {operationWords[operation]}
          </Text>
          <Text size="xs" c="dimmed">
            {formatTime(at)}
          </Text>
          {error && <Text size="xs">{sentence(plainly(error))}</Text>}
        </Stack>
      ),
    },
    { header: 'Outcome', cell: ({ outcome }) => <StateBadge look={outcomeLooks[outcome]} /> },
    { header: 'Amount', align: 'right', cell: ({ amount }) => formatMoney(amount, payment.currency) },
  ]
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {formatMoney(payment.amount, payment.currency)} by {payment.gateway}
        </Text>
        {payment.decline_code && <Text size="sm">Declined: {payment.decline_code.replaceAll('_', ' ')}</Text>}
        {payment.refunded_amount > 0 && (
          <Text size="sm">{formatMoney(payment.refunded_amount, payment.currency)} given back</Text>
        )}
      </Group>
      {payment.attempts.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing was asked of the gateway yet.
        </Text>
      ) : (
        <DataTable plain label="Attempts to pay" columns={columns} rows={payment.attempts} keyOf={({ id }) => id} />
      )}
    </Stack>
  )
}
