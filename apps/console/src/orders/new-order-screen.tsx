// Ordering an export: which datasets, in which format, how it is paid, and who is told when it is done.
import { Alert, Button, Divider, Group, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Compression, NewOrder } from '@waybill/sdk'
import { useMemo, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { formatCount } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { Empty } from '../answers/empty.tsx'
import { areAllAt, fieldErrorsOf } from '../answers/field-errors.ts'
import { Trouble } from '../answers/trouble.tsx'
import { type CloudOffer, useCloudOffers } from '../clouds/offers.ts'
import { formatMoney } from '../money.ts'
import { useMe } from '../session/session.ts'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { newIdempotencyKey } from './idempotency-key.ts'
import { ItemChoice, type Items } from './item-choice.tsx'
import { firstMeans, PaymentChoice } from './payment-choice.tsx'

export function NewOrderScreen() {
  const me = useMe()
  const offers = useCloudOffers()
  return (
    <Screen title="New order" lead="Choose datasets; they are exported for you to download.">
      <Answer query={me} what="your account">
        {({ cloud }) =>
          cloud === null ? (
            <Empty title="Choose your cloud first" next={{ label: 'Choose a cloud', to: '/cloud' }}>
              An export comes from the cloud that your data lives in.
            </Empty>
          ) : (
            <Answer query={offers} what="the prices">
              {offers => <OrderForm cloud={cloud} offer={offers.find(({ name }) => name === cloud)} />}
            </Answer>
          )
        }
      </Answer>
    </Screen>
  )
}

function OrderForm({ cloud, offer }: { cloud: string; offer: CloudOffer | undefined }) {
  const [search] = useSearchParams()
  const [items, setItems] = useState<Items>(() => itemsIn(search))
  const [compression, setCompression] = useState<'none' | Compression>(() => compressionIn(search))
  const [mode, setMode] = useState<'now' | 'later'>('now')
  const [means, setMeans] = useState(firstMeans)
  const [callbackUrl, setCallbackUrl] = useState('')
  const order: NewOrder = {
    items: [...items].map(([dataset, format]) => ({
      dataset,
      format,
      compression: compression === 'none' ? undefined : compression,
    })),
    callback_url: callbackUrl.trim() || undefined,
    payment: mode === 'later' ? { mode } : { mode, ...means },
  }
  const placing = usePlacing(order)
  const errors = fieldErrorsOf(placing.error)
  const price = offer?.price
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        placing.mutate()
      }}
    >
      <Stack maw={760}>
        <Panel title="Datasets">
          <ItemChoice items={items} onChange={setItems} errors={errors} byName={offer?.mode === 'order'} />
          <NativeSelect
            label="Compression of the files"
            w={220}
            mt="sm"
            value={compression}
            data={compressionChoices}
            onChange={event => setCompression(event.currentTarget.value as 'none' | Compression)}
          />
        </Panel>
        <Panel title="Payment">
          <Stack>
            <Radio.Group label="When do you pay?" value={mode} onChange={value => setMode(value as 'now' | 'later')}>
              <Group mt="xs">
                <Radio value="now" label="Now" />
                <Radio value="later" label="Later" />
              </Group>
            </Radio.Group>
            {mode === 'now' ? (
              <PaymentChoice
                means={means}
                onChange={setMeans}
                errors={{ gateway: errors['payment.gateway'], token: errors['payment.token'] }}
              />
            ) : (
              <Text size="sm" c="dimmed">
                The order waits for your payment for a while, and is cancelled without it. Its page says until when.
              </Text>
            )}
          </Stack>
        </Panel>
        <Panel title="Callback">
          <TextInput
            label="Call this address when it is done"
            description="Optional: an https:// address of your server."
            type="url"
            placeholder="https://example.com/waybill"
            value={callbackUrl}
            onChange={event => setCallbackUrl(event.currentTarget.value)}
            error={errors.callback_url}
          />
        </Panel>
        {placing.isError && !areAllAt(placing.error, shownFields) && (
          <Trouble error={placing.error} again={() => placing.mutate()} />
        )}
        <Divider />
        <Group justify="space-between">
          <div role="status">
            <Text size="sm" c="dimmed">
              {formatCount(items.size, 'dataset')} from {cloud}
            </Text>
            <Text size="xl" fw={700}>
              {price ? `Total ${formatMoney(price.amount * items.size, price.currency)}` : 'No price'}
            </Text>
          </div>
          <Button type="submit" size="md" disabled={items.size === 0 || !price} loading={placing.isPending}>
            {mode === 'now' ? 'Order and pay' : 'Order, pay later'}
          </Button>
        </Group>
        {!price && (
          <Alert color="yellow" title={`Exports from ${cloud} have no price yet`}>
            Those who run this server must set one before anybody can order.
          </Alert>
        )}
      </Stack>
    </form>
  )
}

/** `?dataset=airports&dataset=movies:csv`, as links to this screen have it; names hold no colon. */
function itemsIn(search: URLSearchParams): Items {
  return new Map(
    search.getAll('dataset').map(named => {
      const [name = '', format] = named.split(':')
      return [name, format === 'csv' ? 'csv' : 'ndjson']
    }),
  )
}

const compressionChoices = [
  { value: 'none', label: 'None' },
  { value: 'gzip', label: 'gzip (.gz)' },
  { value: 'zstd', label: 'Zstandard (.zst)' },
]

/** `?compression=gzip`, in the same links: of all files of the order. */
function compressionIn(search: URLSearchParams): 'none' | Compression {
  const named = search.get('compression')
  return named === 'gzip' || named === 'zstd' ? named : 'none'
}

const shownFields = ['callback_url', 'payment.gateway', 'payment.token']

/** However often the same order is sent after trouble, there is one of it. */
function usePlacing(order: NewOrder) {
  const navigate = useNavigate()
  const cache = useQueryClient()
  const content = JSON.stringify(order)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another order needs another key
  const idempotencyKey = useMemo(newIdempotencyKey, [content])
  return useMutation({
    mutationFn: () => waybill.orders.place(order, { idempotencyKey }),
    async onSuccess({ order, process }) {
      cache.setQueryData(['order', order.id, 'details'], order)
      cache.setQueryData(['process', process.process_id], process)
      void cache.invalidateQueries({ queryKey: ['orders'] })
      await navigate(`/orders/${order.id}`)
    },
  })
}
