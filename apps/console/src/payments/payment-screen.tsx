// One payment: every attempt at the gateway with its reference there; for operators whose it is, and giving money back.
import { Anchor, Box, Code, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Payment, PaymentAttempt } from '@waybill/sdk'
import { Link, useParams } from 'react-router'
import { formatMoment, formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { sentence } from '../answers/sentence.ts'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { formatMoney } from '../money.ts'
import { leftToRefund, Refund } from '../operations/payments/refund.tsx'
import { labelOf, useListedUser } from '../operations/users/user-directory.ts'
import { useIsMine } from '../orders/order-queries.ts'
import { operationWords, outcomeLooks, paymentLooks, StateBadge } from '../orders/order-words.tsx'
import { useMe } from '../session/session.ts'
import { Facts } from '../shell/facts.tsx'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'

const whileUnsettled = 3_000
const settled: readonly Payment['state'][] = ['captured', 'declined', 'voided', 'refunded']

export function PaymentScreen() {
  const { id = '' } = useParams()
  const payment = useQuery({
    queryKey: ['payment', id],
    queryFn: ({ signal }) => waybill.payments.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data && settled.includes(state.data.state) ? false : whileUnsettled),
  })
  const isOperator = useMe().data?.role === 'operator'
  const { data } = payment
  return (
    <Screen
      key={id}
      title={data ? `Payment of ${formatMoney(data.amount, data.currency)}` : 'Payment'}
      lead={data && <About payment={data} />}
      actions={data && isOperator && leftToRefund(data) > 0 && <Refund payment={data} />}
    >
      <Answer query={payment} what="the payment">
        {payment => (
          <Stack>
            <Details payment={payment} isOperator={isOperator} />
            <Attempts payment={payment} />
          </Stack>
        )}
      </Answer>
    </Screen>
  )
}

function About({ payment }: { payment: Payment }) {
  return (
    <>
      <StateBadge look={paymentLooks[payment.state]} /> Begun {formatTime(payment.created_at)} ·{' '}
      <Anchor component={Link} to={useIsMine(payment) ? '/payments' : '/operations/payments'} underline="always">
        All payments
      </Anchor>
    </>
  )
}

function Details({ payment, isOperator }: { payment: Payment; isOperator: boolean }) {
  const { currency } = payment
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ...(isOperator ? [['Paid by', <Payer key="payer" id={payment.user_id} />] as const] : []),
          [
            'For',
            <Anchor key="order" component={Link} to={`/orders/${payment.order_id}`} underline="always">
              An export from {payment.cloud}
            </Anchor>,
          ],
          ['Gateway', payment.gateway],
          ...(payment.decline_code ? [['Declined', payment.decline_code.replaceAll('_', ' ')] as const] : []),
          ['Given back', payment.refunded_amount > 0 ? formatMoney(payment.refunded_amount, currency) : 'Nothing'],
          ...(isOperator
            ? [
                [
                  'Can be given back',
                  leftToRefund(payment) > 0 ? formatMoney(leftToRefund(payment), currency) : 'Nothing',
                ] as const,
              ]
            : []),
          ['Payment', <Code key="payment">{payment.id}</Code>],
          ['Last change', formatMoment(payment.updated_at)],
        ]}
      />
    </Panel>
  )
}

function Payer({ id }: { id: string }) {
  const user = useListedUser(id)
  return (
    <Anchor component={Link} to={`/operations/users/${id}`} underline="always">
      {user ? labelOf(user) : id}
    </Anchor>
  )
}

function Attempts({ payment }: { payment: Payment }) {
  const columns: Column<PaymentAttempt>[] = [
    {
      header: 'Step',
      cell: ({ operation, outcome, at, error, gateway_reference }) => (
        <Stack gap={0}>
          <Text size="sm" fw={600}>
            {operationWords[operation]}
          </Text>
          <Text size="xs" c="dimmed">
            {formatMoment(at)}
          </Text>
          {error && <Text size="xs">{sentence(error)}</Text>}
          <Box hiddenFrom="xs" my={4}>
            <StateBadge look={outcomeLooks[outcome]} />
          </Box>
          {gateway_reference && (
            <Code hiddenFrom="xs" style={{ overflowWrap: 'anywhere' }}>
              {gateway_reference}
            </Code>
          )}
        </Stack>
      ),
    },
    { header: 'Outcome', wideOnly: true, cell: ({ outcome }) => <StateBadge look={outcomeLooks[outcome]} /> },
    { header: 'Amount', align: 'right', cell: ({ amount }) => formatMoney(amount, payment.currency) },
    {
      header: 'Reference at the gateway',
      wideOnly: true,
      cell: ({ gateway_reference }) => (gateway_reference ? <Code>{gateway_reference}</Code> : 'None'),
    },
    {
      header: 'Request',
      wideOnly: true,
      cell: ({ request_id }) => (request_id ? <Code>{request_id}</Code> : 'Not kept'),
    },
  ]
  return (
    <Panel title="Attempts at the gateway">
      {payment.attempts.length === 0 ? (
        <Text size="sm">Nothing was asked of the gateway yet.</Text>
      ) : (
        <DataTable plain label="Attempts" columns={columns} rows={payment.attempts} keyOf={({ id }) => id} />
      )}
    </Panel>
  )
}
