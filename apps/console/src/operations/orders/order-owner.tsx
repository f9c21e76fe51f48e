// What only operators are shown of an order: whose it is, and the way to its money and to everything else of that user.
import { Anchor, Code, Group } from '@mantine/core'
import type { Order, Payment } from '@waybill/sdk'
import { Link } from 'react-router'
import { useMe } from '../../session/session.ts'
import { Facts } from '../../shell/facts.tsx'
import { Panel } from '../../shell/panel.tsx'
import { useUser } from '../users/user-directory.ts'

export interface OrderOwnerProps {
  order: Order
  payment: Payment | null | undefined
}

/** Nothing for customers. */
export function OrderOwner(props: OrderOwnerProps) {
  const me = useMe()
  return me.data?.role === 'operator' ? <ForOperators {...props} /> : null
}

function ForOperators({ order, payment }: OrderOwnerProps) {
  const { data: user } = useUser(order.user_id)
  const of = `?user=${order.user_id}`
  return (
    <Panel title="For operators">
      <Facts
        facts={[
          [
            'Ordered by',
            <Anchor key="user" component={Link} to={`/operations/users/${order.user_id}`} underline="always">
              {user?.name ?? order.user_id}
            </Anchor>,
          ],
          ['E-mail', user?.email ?? '…'],
          ['Account in the cloud', <Code key="account">{user?.account ?? '…'}</Code>],
          ['Access', user ? (user.disabled ? 'Disabled' : 'May sign in') : '…'],
          [
            'Go to',
            <Group key="links" gap="md">
              {payment && (
                <Anchor component={Link} to={`/operations/payments/${payment.id}`} underline="always">
                  Payment and refund
                </Anchor>
              )}
              <Anchor component={Link} to={`/operations/orders${of}`} underline="always">
                All orders of this user
              </Anchor>
            </Group>,
          ],
        ]}
      />
    </Panel>
  )
}
