// What the export of one dataset costs, changed where it stands.
import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Price } from '@waybill/sdk'
import { useState } from 'react'
import { areAllAt, fieldErrorsOf } from '../../answers/field-errors.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { formatMoney } from '../../money.ts'
import { waybill } from '../../waybill.ts'
import { MoneyInput } from '../money-input.tsx'

const currencies = Intl.supportedValuesOf('currency')
const currencyNames = new Intl.DisplayNames('en', { type: 'currency' })
/** In smallest units, as the server has it. */
const largestPrice = 1_000_000_000

export function PriceEditor({ cloud, price }: { cloud: string; price: Price | undefined }) {
  const [isOpen, setOpen] = useState(false)
  if (isOpen) return <PriceForm cloud={cloud} price={price} close={() => setOpen(false)} />
  return (
    <Group gap="sm">
      <Text size="sm">
        {price ? `${formatMoney(price.amount, price.currency)} a dataset` : 'None yet: nothing can be ordered'}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Change the price of ${cloud}`}
        onClick={() => setOpen(true)}
      >
        Change
      </Button>
    </Group>
  )
}

function PriceForm({ cloud, price, close }: { cloud: string; price: Price | undefined; close: () => void }) {
  const [amount, setAmount] = useState(price?.amount)
  const [currency, setCurrency] = useState(price?.currency ?? 'USD')
  const cache = useQueryClient()
  const saving = useMutation({
    mutationFn: (amount: number) => waybill.clouds.setPrice(cloud, { amount, currency }),
    async onSuccess(price) {
      await cache.invalidateQueries({ queryKey: ['cloud-offers'] })
      notifications.show({
        title: `${cloud} has its price`,
        message: `${formatMoney(price.amount, price.currency)} a dataset, for orders from now on.`,
      })
      close()
    },
  })
  const errors = fieldErrorsOf(saving.error)
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (amount !== undefined) saving.mutate(amount)
      }}
    >
      <Stack gap="xs">
        {saving.isError && !areAllAt(saving.error, ['amount', 'currency']) && <Trouble error={saving.error} />}
        <Group gap="xs" align="flex-start" grow>
          <MoneyInput
            label="Price of one dataset"
            currency={currency}
            // Another currency counts in other units.
            key={currency}
            initial={amount}
            onChange={setAmount}
            min={0}
            max={largestPrice}
            error={errors.amount}
          />
          <Select
            label="Currency"
            searchable
            allowDeselect={false}
            limit={30}
            nothingFoundMessage="No such currency"
            data={currencies.map(value => ({ value, label: `${value}, ${currencyNames.of(value)}` }))}
            value={currency}
            onChange={value => value && setCurrency(value)}
            error={errors.currency}
          />
        </Group>
        <Text size="xs" c="dimmed">
          {amount === undefined
            ? 'Nothing is typed yet.'
            : `${formatMoney(amount, currency)} a dataset. The API writes it as ${amount}, in the smallest unit of the currency.`}{' '}
          Orders that are placed keep their price.
        </Text>
        <Group gap="xs">
          <Button type="submit" size="xs" disabled={amount === undefined} loading={saving.isPending}>
            Save the price
          </Button>
          <Button size="xs" variant="default" onClick={close}>
            Leave it
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
