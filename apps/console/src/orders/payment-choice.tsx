// How one pays: by which gateway, where the server has several, and with what. Card numbers are never typed here: a gateway's
// own form takes them, elsewhere, and gives a token.
import { NativeSelect, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Answer } from '../answers/answer.tsx'
import { waybill } from '../waybill.ts'
import { TestCardChoice, testCards } from './test-cards.tsx'

/** As the API takes it. */
export interface PaymentMeans {
  gateway: string
  token: string | undefined
}

const mock: PaymentMeans = { gateway: 'mock', token: testCards[0].token }

/** Until one chooses. */
export const firstMeans = mock

interface TokenWords {
  label: string
  description: string
  placeholder?: string
  /** A regular expression that all of it matches. */
  pattern?: string
  /** What to do where it does not. */
  title?: string
}

const gatewayLabels: Readonly<Record<string, string>> = { mock: 'Test gateway, no real money (mock)', stripe: 'Stripe' }

const tokenWords: Readonly<Record<string, TokenWords>> = {
  stripe: {
    label: 'Payment method at Stripe',
    description:
      'Its id (pm_…), or the token of a card (tok_…), which Stripe gave to the program that saved your card. Where this server uses test keys of Stripe, pm_card_visa is a card that is approved.',
    placeholder: 'pm_…',
    pattern: '(pm|tok)_[A-Za-z0-9_]+',
    title: 'It begins with pm_ or tok_. Never type the number of a card here.',
  },
}

/** Of a gateway that was added later. */
const tokenOf = (gateway: string): TokenWords => ({
  label: `Token of ${gateway}`,
  description: `What ${gateway} gave for your card or account. Never type the number of a card here.`,
})

export interface PaymentChoiceProps {
  means: PaymentMeans
  onChange: (means: PaymentMeans) => void
  errors: { gateway?: string; token?: string }
}

export function PaymentChoice({ means, onChange, errors }: PaymentChoiceProps) {
  const gateways = useQuery({
    queryKey: ['payment-gateways'],
    staleTime: 60_000,
    queryFn: ({ signal }) => waybill.payments.gateways({ signal }),
  })
  const { gateway, token } = means
  return (
    <Answer query={gateways} what="the ways to pay">
      {offered => (
        <Stack>
          {offered.length > 1 && (
            <NativeSelect
              label="Pay by"
              value={gateway}
              data={offered.map(({ name }) => ({ value: name, label: gatewayLabels[name] ?? name }))}
              onChange={({ currentTarget: { value } }) =>
                onChange(value === mock.gateway ? mock : { gateway: value, token: '' })
              }
              error={errors.gateway}
            />
          )}
          {gateway === mock.gateway ? (
            <TestCardChoice token={token} onChange={token => onChange({ gateway, token })} error={errors.token} />
          ) : (
            <TextInput
              {...(tokenWords[gateway] ?? tokenOf(gateway))}
              required
              withAsterisk={false}
              autoComplete="off"
              maxLength={255}
              value={token ?? ''}
              onChange={event => onChange({ gateway, token: event.currentTarget.value.trim() })}
              error={errors.token}
            />
          )}
        </Stack>
      )}
    </Answer>
  )
}
