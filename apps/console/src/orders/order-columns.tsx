// What a list of orders shows of each, whoever looks at it.
import { Anchor, Box, Stack, Text } from '@mantine/core'
import type { CancelReason, Order } from '@waybill/sdk'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../amounts.ts'
import type { Column } from '../lists/data-table.tsx'
import { formatMoney } from '../money.ts'
import { namesOf, orderLooks, StateBadge } from './order-words.tsx'

export interface OrderColumnOptions {
  reasonWords: Record<CancelReason, string>
  /** Whose each is, where that is not clear: a column of its own, or below the name on a phone. */
  owner?: (order: Order) => ReactNode
}

export function orderColumns({ reasonWords, owner }: OrderColumnOptions): Column<Order>[] {
  const state = ({ state, cancel_reason }: Order) => (
    <>
      <StateBadge look={orderLooks[state]} />
      {cancel_reason && (
        <Text size="xs" c="dimmed">
          {reasonWords[cancel_reason]}
        </Text>
      )}
    </>
  )
  return [
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
          <Box hiddenFrom="xs">
            {owner?.(order)}
            <Box mt={4}>{state(order)}</Box>
          </Box>
        </Stack>
      ),
    },
    ...(owner ? [{ header: 'User', wideOnly: true, cell: owner }] : []),
    { header: 'State', wideOnly: true, cell: state },
    { header: 'Price', align: 'right', cell: order => formatMoney(order.amount, order.currency) },
  ]
}
