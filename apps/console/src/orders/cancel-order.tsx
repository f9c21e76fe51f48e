// Changing one's mind, as long as nothing is delivered.
import { Button, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { isWaybillError, type Order } from '@waybill/sdk'
import { sentence } from '../answers/sentence.ts'
import { waybill } from '../waybill.ts'

export interface CancelOrderProps {
  order: Order
  /** Cancelled, or found out that it cannot be: worth a look at once. */
  onOver: () => void
}

export function CancelOrder({ order, onOver }: CancelOrderProps) {
  const cache = useQueryClient()
  const cancelling = useMutation({
    mutationFn: () => waybill.orders.cancel(order.id),
    onSuccess: () => notifications.show({ title: 'Order cancelled', message: 'What was reserved for it is released.' }),
    onError: error =>
      notifications.show({
        color: 'red',
        title: isWaybillError(error, 'ORDER_NOT_CANCELLABLE') ? 'Too late to cancel' : 'It could not be cancelled',
        message: sentence(error.message),
      }),
    onSettled() {
      onOver()
      return cache.invalidateQueries({ queryKey: ['order', order.id] })
    },
  })
  const ask = () =>
    modals.openConfirmModal({
      title: 'Cancel this order?',
      children: (
        <Text size="sm">The export stops, and what was reserved for it is released. This cannot be undone.</Text>
      ),
      labels: { confirm: 'Cancel the order', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: () => cancelling.mutate(),
    })
  return (
    <Button variant="default" loading={cancelling.isPending} onClick={ask}>
      Cancel the order
    </Button>
  )
}
