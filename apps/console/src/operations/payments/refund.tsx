// Giving money back: how much and why, then once more in words, for it cannot be undone.
import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { isWaybillError, type Payment } from '@waybill/sdk'
import { useState } from 'react'
import { areAllAt, fieldErrorsOf } from '../../answers/field-errors.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { formatMoney } from '../../money.ts'
import { waybill } from '../../waybill.ts'
import { MoneyInput } from '../money-input.tsx'
import { useListedUser } from '../users/user-directory.ts'

/** What was taken and is not given back yet; the server knows of refunds that are under way, too. */
export function leftToRefund({ state, amount, refunded_amount }: Payment): number {
  return state === 'captured' ? amount - refunded_amount : 0
}

export function Refund({ payment }: { payment: Payment }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button variant="default" onClick={open}>
        Give money back
      </Button>
      <Modal opened={opened} onClose={close} title="Give money back" closeButtonProps={{ 'aria-label': 'Close' }}>
        <RefundForm payment={payment} close={close} />
      </Modal>
    </>
  )
}

function RefundForm({ payment, close }: { payment: Payment; close: () => void }) {
  const left = leftToRefund(payment)
  const { currency } = payment
  const [amount, setAmount] = useState<number | undefined>(left)
  const [reason, setReason] = useState('')
  const [isAsked, setAsked] = useState(false)
  const cache = useQueryClient()
  const user = useListedUser(payment.user_id)
  const refunding = useMutation({
    mutationFn: () => waybill.payments.refund(payment.id, { amount, reason }),
    onSuccess(changed) {
      cache.setQueryData(['payment', payment.id], changed)
      void cache.invalidateQueries({ queryKey: ['payments'] })
      void cache.invalidateQueries({ queryKey: ['order', payment.order_id] })
      notifications.show({
        title: 'Given back',
        message: `${formatMoney(amount ?? 0, currency)} are on their way back.`,
      })
      close()
    },
    onError(error) {
      setAsked(false)
      // What is left has changed.
      if (isWaybillError(error, 'REFUND_EXCEEDS_CAPTURED'))
        void cache.invalidateQueries({ queryKey: ['payment', payment.id] })
    },
  })
  const isTooMuch = amount !== undefined && amount > left
  const isReady = amount !== undefined && amount > 0 && !isTooMuch && reason.trim() !== ''
  const errors = fieldErrorsOf(refunding.error)
  const words = formatMoney(amount ?? 0, currency)
  if (isAsked) {
    return (
      <Stack>
        <Alert color="orange" role="status" title={`${words} go back${user ? ` to ${user.name}` : ''}`}>
          <Text size="sm">
            The gateway, {payment.gateway}, is asked at once. This cannot be undone: to have the money again, the user
            has to pay again.
          </Text>
        </Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsked(false)} disabled={refunding.isPending}>
            Back
          </Button>
          <Button color="red" loading={refunding.isPending} onClick={() => refunding.mutate()} data-autofocus>
            Give {words} back
          </Button>
        </Group>
      </Stack>
    )
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (isReady) setAsked(true)
      }}
    >
      <Stack>
        {refunding.isError && !areAllAt(refunding.error, ['amount', 'reason']) && <Trouble error={refunding.error} />}
        <MoneyInput
          label="Amount"
          description={`Up to ${formatMoney(left, currency)}, which is left of ${formatMoney(payment.amount, currency)}.`}
          currency={currency}
          initial={amount}
          onChange={setAmount}
          min={1}
          max={left}
          error={isTooMuch ? `Only ${formatMoney(left, currency)} are left.` : errors.amount}
        />
        <Textarea
          label="Reason"
          description="Kept with this step in the database of payments."
          required
          withAsterisk={false}
          maxLength={500}
          autosize
          minRows={2}
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
          error={errors.reason}
        />
        <Button type="submit" disabled={!isReady}>
          Go on
        </Button>
      </Stack>
    </form>
  )
}
