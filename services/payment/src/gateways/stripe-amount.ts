// What an amount of ISO 4217's minor units is to Stripe (docs.stripe.com/currencies): the same, but for three currencies.

/** ISO 4217 knows no decimals of them; Stripe wants two, both 0. */
const inHundreds = new Set(['ISK', 'UGX'])
/** ISO 4217 counts two decimals, Stripe none. */
const inWholes = new Set(['MGA'])

/** Undefined where Stripe cannot move just that much: a part of an ariary. */
export function stripeAmount(amount: number, currency: string): number | undefined {
  if (inHundreds.has(currency)) return amount * 100
  if (inWholes.has(currency)) return amount % 100 === 0 ? amount / 100 : undefined
  return amount
}
