// One order: where it is and why, what may be done about it, what was delivered, what happened, and what was paid.
import { Anchor, Button, Code, Stack } from '@mantine/core'
import type { Order, OrderedItem } from '@waybill/sdk'
import { Link, useParams } from 'react-router'
import { formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { formatMoney } from '../money.ts'
import { OrderOwner } from '../operations/orders/order-owner.tsx'
import { Facts } from '../shell/facts.tsx'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { Delivery } from './delivery.tsx'
import { OrderNow } from './order-now.tsx'
import { OrderPayment } from './order-payment.tsx'
import { useIsMine, useOrder, usePayment } from './order-queries.ts'
import { OrderStory } from './order-story.tsx'
import { isFinal, namesOf, orderLooks, StateBadge } from './order-words.tsx'
import { useExplanation } from './use-explanation.ts'

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
      actions={data && isFinal(data) && <OrderAgain order={data} />}
    >
      <Answer query={order} what="the order">
        {order => <Parts order={order} payment={payment} />}
      </Answer>
    </Screen>
  )
}

function Parts({ order, payment }: { order: Order; payment: ReturnType<typeof usePayment> }) {
  const followed = useExplanation(order.id)
  return (
    <Stack>
      <OrderNow order={order} followed={followed} />
      {order.state === 'delivered' && <Delivery order={order} />}
      <OrderStory order={order} explanation={followed.explanation} />
      <OrderPayment query={payment} />
      <Details order={order} />
      <OrderOwner order={order} payment={payment.data} />
    </Stack>
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

function OrderAgain({ order }: { order: Order }) {
  const { items } = order
  // An operator looks at it, too; ordering is for its owner.
  if (!useIsMine(order)) return null
  const search = new URLSearchParams(items.map(({ dataset, format }) => ['dataset', `${dataset}:${format}`]))
  const [compression] = items.map(item => item.compression)
  if (compression && items.every(item => item.compression === compression)) search.set('compression', compression)
  return (
    <Button variant="default" component={Link} to={`/orders/new?${search}`}>
      Order again
    </Button>
  )
}

function inWords({ dataset, format, compression }: OrderedItem): string {
  return `${dataset} (${compression ? `${format}, ${compression}` : format})`
}

function Details({ order }: { order: Order }) {
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ['Order', <Code key="order">{order.id}</Code>],
          ['Process', <Code key="process">{order.process_id}</Code>],
          ['Cloud', order.cloud],
          ['Datasets', order.items.map(inWords).join(', ')],
          ['Price', `${formatMoney(order.amount, order.currency)}, paid ${order.payment_mode}`],
          ['Last change', formatTime(order.updated_at)],
        ]}
      />
    </Panel>
  )
}
