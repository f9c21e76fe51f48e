// Problem documents speak in lower case and without a full stop; people are shown sentences.

/** An address that a sentence begins with stays as it is. */
export function capitalized(text: string): string {
  return /^https?:/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1)
}

export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? capitalized(text) : `${capitalized(text)}.`
}
