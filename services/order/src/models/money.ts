// Money as a person reads it; everywhere else it is integer minor units.

export function readableMoney(amount: number, currency: string): string {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits!
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`
}
