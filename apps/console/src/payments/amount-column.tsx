// What a list of payments shows of the money: how much, and what of it was given back.
import { Text } from '@mantine/core'
import type { Payment } from '@waybill/sdk'
import type { Column } from '../lists/data-table.tsx'
import { formatMoney } from '../money.ts'

export const amountColumn: Column<Payment> = {
  header: 'Amount',
  align: 'right',
  cell: ({ amount, currency, refunded_amount }) => (
    <>
      {formatMoney(amount, currency)}
      {refunded_amount > 0 && (
        <Text size="xs" c="dimmed">
          {formatMoney(refunded_amount, currency)} given back
        </Text>
      )}
    </>
  ),
}
