// Paying for an order that was placed to be paid later.
import { Button, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Order } from '@waybill/sdk'
import { useMemo, useState } from 'react'
import { areAllAt, fieldErrorsOf } from '../answers/field-errors.ts'
import { Trouble } from '../answers/trouble.tsx'
import { formatMoney } from '../money.ts'
import { waybill } from '../waybill.ts'
import { newIdempotencyKey } from './idempotency-key.ts'
import { firstMeans, PaymentChoice } from './payment-choice.tsx'

export interface PayOrderProps {
  order: Order
  /** Something begins that is worth a look at once. */
  onPaid: () => void
}

export function PayOrder({ order, onPaid }: PayOrderProps) {
  const [opened, { open, close }] = useDisclosure(false)
  const [means, setMeans] = useState(firstMeans)
  const cache = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: other means are another payment
  const idempotencyKey = useMemo(newIdempotencyKey, [means, order.id])
  const paying = useMutation({
    mutationFn: () => waybill.payments.pay({ order_id: order.id, ...means }, { idempotencyKey }),
    async onSuccess() {
      close()
      onPaid()
      await cache.invalidateQueries({ queryKey: ['order', order.id] })
    },
  })
  const price = formatMoney(order.amount, order.currency)
  return (
    <>
      <Button onClick={open}>Pay {price}</Button>
      <Modal opened={opened} onClose={close} title={`Pay ${price}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        <form
          onSubmit={event => {
            event.preventDefault()
            paying.mutate()
          }}
        >
          <Stack>
            <Text size="sm">It is reserved now, and taken when the export is delivered.</Text>
            <PaymentChoice means={means} onChange={setMeans} errors={fieldErrorsOf(paying.error)} />
            {paying.isError && !areAllAt(paying.error, ['gateway', 'token']) && (
              <Trouble error={paying.error} again={() => paying.mutate()} />
            )}
            <Button type="submit" loading={paying.isPending}>
              Pay {price}
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
