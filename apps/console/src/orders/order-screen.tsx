// One order: where it is, how far its export is, what was paid, and what was delivered.
import { Anchor, Button, Code, Stack } from '@mantine/core'
import type { Order, Payment } from '@waybill/sdk'
import { Link, useParams } from 'react-router'
import { formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { formatMoney } from '../money.ts'
import { OrderOwner } from '../operations/orders/order-owner.tsx'
import { Facts } from '../shell/facts.tsx'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { CallbackAttempts } from './callback-attempts.tsx'
import { CancelOrder } from './cancel-order.tsx'
import { Delivery } from './delivery.tsx'
import { OrderPayment } from './order-payment.tsx'
import { OrderProgress } from './order-progress.tsx'
import { useIsMine, useOrder, usePayment } from './order-queries.ts'
import { OrderStory, OrderSummary } from './order-story.tsx'
import { isFinal, namesOf, orderLooks, StateBadge } from './order-words.tsx'
import { PayOrder } from './pay-order.tsx'

export function OrderScreen() {
  const { id = '' } = useParams()
  const order = useOrder(id)
  const payment = usePayment(id)
  const { data } = order
  return (
    <Screen
      // Another order is another screen, with a following of its own.
      key={id}
      title={data ? namesOf(data) : 'Order'}
      lead={data ? <About order={data} /> : undefined}
      actions={data && <Actions order={data} payment={payment.data} />}
    >
      <Answer query={order} what="the order">
        {order => (
          <Stack>
            <OrderSummary order={order} payment={payment.data} />
            <OrderProgress order={order} />
            {order.state === 'delivered' && <Delivery order={order} />}
            <OrderStory order={order} payment={payment.data} />
            <OrderPayment query={payment} />
            <CallbackAttempts order={order} />
            <Details order={order} />
            <OrderOwner order={order} payment={payment.data} />
          </Stack>
        )}
      </Answer>
    </Screen>
  )
}

function About({ order }: { order: Order }) {
  return (
    <>
      <StateBadge look={orderLooks[order.state]} /> Ordered {formatTime(order.created_at)} ·{' '}
      <Anchor component={Link} to={useIsMine(order) ? '/orders' : '/operations/orders'} underline="always">
        All orders
      </Anchor>
    </>
  )
}

function Actions({ order, payment }: { order: Order; payment: Payment | null | undefined }) {
  // An operator looks at it, too; what becomes of it is for its owner to say.
  if (!useIsMine(order)) return null
  const isToBePaid = order.state === 'created' && order.payment_mode === 'later' && payment?.state === 'pending'
  return (
    <>
      {isToBePaid && <PayOrder order={order} />}
      {isFinal(order) ? <OrderAgain order={order} /> : <CancelOrder order={order} />}
    </>
  )
}

function OrderAgain({ order: { items } }: { order: Order }) {
  const search = new URLSearchParams(items.map(({ dataset, format }) => ['dataset', `${dataset}:${format}`]))
  return (
    <Button variant="default" component={Link} to={`/orders/new?${search}`}>
      Order again
    </Button>
  )
}

function Details({ order }: { order: Order }) {
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ['Order', <Code key="order">{order.id}</Code>],
          ['Process', <Code key="process">{order.process_id}</Code>],
          ['Cloud', order.cloud],
          ['Datasets', order.items.map(({ dataset, format }) => `${dataset} (${format})`).join(', ')],
          ['Price', formatMoney(order.amount, order.currency)],
          ['Last change', formatTime(order.updated_at)],
        ]}
      />
    </Panel>
  )
}
