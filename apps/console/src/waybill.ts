// The one client that all screens talk through: this origin's server, in the name of whoever is signed in.
import { Waybill } from '@waybill/sdk'
import { browserTokens } from './session/browser-tokens.ts'

/** With one repeat and its pause a call is over, one way or the other, within half a minute: no screen waits without an end. */
export const waybill = new Waybill({
  server: location.origin,
  tokens: browserTokens,
  timeout: 12_000,
  retries: 1,
  longestPause: 3_000,
})
