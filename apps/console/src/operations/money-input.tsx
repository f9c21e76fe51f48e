// An amount as people write it, kept as the API counts it: in the smallest unit of its currency.
import { NumberInput } from '@mantine/core'
import { digitsOf } from '../money.ts'

export interface MoneyInputProps {
  label: string
  description?: string
  currency: string
  /** In the smallest unit of the currency; undefined while there is none. */
  value: number | undefined
  onChange: (amount: number | undefined) => void
  /** In the smallest unit, too. */
  min: number
  max: number
  error?: string
}

export function MoneyInput({ currency, value, onChange, min, max, ...rest }: MoneyInputProps) {
  const digits = digitsOf(currency)
  const unit = 10 ** digits
  return (
    <NumberInput
      {...rest}
      required
      withAsterisk={false}
      hideControls
      allowNegative={false}
      decimalScale={digits}
      fixedDecimalScale
      thousandSeparator=","
      clampBehavior="none"
      inputMode="decimal"
      rightSection={currency}
      rightSectionWidth={56}
      min={min / unit}
      max={max / unit}
      value={value === undefined ? '' : value / unit}
      onChange={typed => onChange(typeof typed === 'number' ? Math.round(typed * unit) : undefined)}
    />
  )
}
