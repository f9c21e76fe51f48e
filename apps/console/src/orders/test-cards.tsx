// How to pay where no real money moves: cards of the gateway `mock`, each of which makes something else happen.
import { NativeSelect } from '@mantine/core'

export interface TestCard {
  /** Undefined for the one that leaves it to chance. */
  token: string | undefined
  label: string
  explanation: string
}

export const testCards = [
  { token: 'tok_approve', label: 'Approved', explanation: 'The payment goes through at once.' },
  { token: 'tok_decline', label: 'Declined', explanation: 'The payment is declined, and the order is cancelled.' },
  { token: 'tok_slow', label: 'Slow', explanation: 'The gateway takes three seconds, then approves.' },
  { token: 'tok_outage', label: 'Outage', explanation: 'The gateway fails twice, is asked again, and approves.' },
  {
    token: 'tok_lost',
    label: 'Lost answer',
    explanation: 'The gateway charges, but its answer is lost: it is asked what happened.',
  },
  { token: undefined, label: 'Left to chance', explanation: 'The gateway decides by chance; most are approved.' },
] as const satisfies TestCard[]

export interface TestCardChoiceProps {
  token: string | undefined
  onChange: (token: string | undefined) => void
  error?: string
}

export function TestCardChoice({ token, onChange, error }: TestCardChoiceProps) {
  const chosen = testCards.findIndex(card => card.token === token)
  return (
    <NativeSelect
      label="Test card"
      description={testCards[chosen]?.explanation}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={String(chosen)}
      data={testCards.map(({ label, token }, at) => ({
        value: String(at),
        label: token ? `${label} (${token})` : label,
      }))}
      onChange={event => onChange(testCards[Number(event.currentTarget.value)]?.token)}
      error={error}
    />
  )
}
