// Paying for an order that was placed to be paid later.
import { Button, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Order } from '@waybill/sdk'
import { useMemo, useState } from 'react'
import { Trouble } from '../answers/trouble.tsx'
import { formatMoney } from '../money.ts'
import { waybill } from '../waybill.ts'
import { newIdempotencyKey } from './idempotency-key.ts'
import { TestCardChoice, testCards } from './test-cards.tsx'

export interface PayOrderProps {
  order: Order
  /** Something begins that is worth a look at once. */
  onPaid: () => void
}

export function PayOrder({ order, onPaid }: PayOrderProps) {
  const [opened, { open, close }] = useDisclosure(false)
  const [card, setCard] = useState(0)
  const cache = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another card is another payment
  const idempotencyKey = useMemo(newIdempotencyKey, [card, order.id])
  const paying = useMutation({
    mutationFn: () => waybill.payments.pay({ order_id: order.id, token: testCards[card]?.token }, { idempotencyKey }),
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
        <Stack>
          <Text size="sm">It is reserved now, and taken when the export is delivered.</Text>
          <TestCardChoice value={card} onChange={setCard} />
          {paying.isError && <Trouble error={paying.error} again={() => paying.mutate()} />}
          <Button loading={paying.isPending} onClick={() => paying.mutate()}>
            Pay {price}
          </Button>
        </Stack>
      </Modal>
    </>
  )
}
