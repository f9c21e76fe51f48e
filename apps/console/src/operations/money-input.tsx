// An amount as people write it, kept as the API counts it: in the smallest unit of its currency.
import { NumberInput } from '@mantine/core'
import { useState } from 'react'
import { digitsOf } from '../money.ts'

export interface MoneyInputProps {
  label: string
  description?: string
  currency: string
  /** What stands there at first, in the smallest unit of the currency. */
  initial: number | undefined
  /** In the smallest unit, too; undefined while there is none. */
  onChange: (amount: number | undefined) => void
  /** In the smallest unit, too. */
  min: number
  max: number
  error?: string
}

export function MoneyInput({ currency, initial, onChange, min, max, ...rest }: MoneyInputProps) {
  const digits = digitsOf(currency)
  const unit = 10 ** digits
  // As it was typed: "1." and "1.50" are on the way to a number, or not its shortest form.
  const [typed, setTyped] = useState<string | number>(initial === undefined ? '' : initial / unit)
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
      value={typed}
      onChange={typed => {
        setTyped(typed)
        onChange(typed === '' || Number.isNaN(Number(typed)) ? undefined : Math.round(Number(typed) * unit))
      }}
    />
  )
}
