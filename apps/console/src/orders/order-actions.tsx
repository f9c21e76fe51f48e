// What may be done about an order at this moment, as its explanation offers it; each button shows what came of it.
import { Alert, Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { isWaybillError, type Order, type OrderAction, type OrderActionName } from '@waybill/sdk'
import { useState } from 'react'
import { Trouble } from '../answers/trouble.tsx'
import { waybill } from '../waybill.ts'
import { CancelOrder } from './cancel-order.tsx'
import { Countdown, useMillisecondsUntil } from './countdown.tsx'
import { serviceWords } from './order-words.tsx'
import { PayOrder } from './pay-order.tsx'

export interface OrderActionsProps {
  order: Order
  actions: OrderAction[]
  /** Follows the order anew: what had ended may go on. */
  again: () => void
}

type Outcome = {
  title: string
  message: string
}

const calls: Partial<Record<OrderActionName, (order: Order) => Promise<Outcome>>> = {
  async try_now({ id }) {
    const { hastened } = await waybill.orders.retry(id)
    return { title: 'Tried now', message: `What waited is under way: ${namesOf(hastened)}.` }
  },
  async resend_callback({ process_id }) {
    await waybill.callbacks.resend(process_id)
    return { title: 'Called again', message: 'The attempt is listed as soon as your server has answered.' }
  },
  async replay_dead_letter({ id }) {
    const { replayed } = await waybill.orders.replay(id)
    const messages = replayed.map(({ event_type }) => event_type).join(', ')
    return { title: 'Handed over once more', message: `What comes of it appears here: ${messages}.` }
  },
}

const namesOf = (parts: { service: string }[]) =>
  parts.map(({ service }) => serviceWords[service] ?? service).join(', ')

export function OrderActions({ order, actions, again }: OrderActionsProps) {
  const acting = useMutation({
    mutationFn: async ({ name }: Pick<OrderAction, 'name'>) => calls[name]!(order),
    onSuccess(outcome) {
      notifications.show(outcome)
      again()
    },
  })
  const buttons = actions.map(action => {
    const { name, label } = action
    if (name === 'pay') return <PayOrder key={name} order={order} onPaid={again} />
    if (name === 'cancel') return <CancelOrder key={name} order={order} onOver={again} />
    // A newer server may offer more.
    if (!calls[name]) return null
    return (
      <Button
        key={name}
        variant={name === 'resend_callback' ? 'default' : 'filled'}
        loading={acting.isPending && acting.variables.name === name}
        disabled={acting.isPending}
        onClick={() => acting.mutate(action)}
      >
        {label}
      </Button>
    )
  })
  return (
    <>
      {actions.length > 0 && <Group gap="sm">{buttons}</Group>}
      {acting.isError && <Problem key={acting.submittedAt} error={acting.error} />}
    </>
  )
}

/** Too soon is nothing to worry about: it is said with the seconds that are left, and goes when they are over. */
function Problem({ error }: { error: Error }) {
  const seconds = isWaybillError(error, 'TOO_MANY_REQUESTS') ? error.retryAfterSeconds : undefined
  return seconds === undefined ? <Trouble error={error} /> : <TooSoon seconds={seconds} />
}

function TooSoon({ seconds }: { seconds: number }) {
  const [until] = useState(() => new Date(Date.now() + seconds * 1_000).toISOString())
  if (useMillisecondsUntil(until) <= 0) return null
  return (
    <Alert color="yellow" role="status" title="It was tried a moment ago" p="sm">
      <Text size="sm">
        You may try again <Countdown at={until} />.
      </Text>
    </Alert>
  )
}
