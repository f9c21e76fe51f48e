// Every check of a verification, in the order in which they are made: the same rows on every card.

import { auditAgrees, moneyAgrees, noDeadLetters, refunds, tidyUp } from './checks/books.ts'
import { callbackArrives } from './checks/calling-back.ts'
import { filesMatchManifest, rangesAndETags, recordsAreTheClouds } from './checks/delivered-files.ts'
import { browse, registerWithCloud, signUpAndIn } from './checks/joining.ts'
import { shortLoad } from './checks/load.ts'
import {
  cancelAgainstConfirm,
  cancelledUnpaid,
  declined,
  deliveredDespite,
  paidLater,
  paidNow,
  sameRequestTwice,
  unknownDataset,
} from './checks/ordering.ts'
import { isReady, servicesAnswer } from './checks/reaching.ts'
import {
  badInput,
  badTokens,
  operatorPathsAreClosed,
  othersAreHidden,
  signingOutEnds,
  tooLarge,
} from './checks/refusing.ts'
import type { Visit } from './visit.ts'

export interface Check {
  name: string
  /** Answers what was seen; throws a LeftOut where it cannot be made, and anything else where the deployment is wrong. */
  run(visit: Visit): Promise<string>
}

/** Those of a slow gateway run beside the ones above them. */
export const checks: readonly Check[] = [
  { name: 'healthy and ready', run: isReady },
  { name: 'sign up, sign in', run: signUpAndIn },
  { name: 'all four services answer', run: servicesAnswer },
  { name: 'register with a cloud', run: registerWithCloud },
  { name: 'browse data', run: browse },
  { name: 'ordered to pay later, cancelled', run: cancelledUnpaid },
  { name: 'ordered to pay later, paid', run: paidLater },
  { name: 'ordered, followed, delivered', run: paidNow },
  { name: 'files are as their manifest says', run: filesMatchManifest },
  { name: 'records are those of the cloud', run: recordsAreTheClouds },
  { name: 'ranges and ETags', run: rangesAndETags },
  { name: 'payment declined', run: declined },
  { name: 'dataset that is not there', run: unknownDataset },
  { name: 'same request twice', run: sameRequestTwice },
  { name: 'cancel against confirm', run: cancelAgainstConfirm },
  { name: 'callback', run: callbackArrives },
  { name: 'short load', run: shortLoad },
  { name: 'gateway is slow', run: deliveredDespite('tok_slow') },
  { name: 'gateway is out of order', run: deliveredDespite('tok_outage') },
  { name: 'gateway loses its answer', run: deliveredDespite('tok_lost') },
  { name: 'bad input is refused', run: badInput },
  { name: 'too large a body is refused', run: tooLarge },
  { name: 'bad tokens are refused', run: badTokens },
  { name: "others' orders are hidden", run: othersAreHidden },
  { name: "operators' paths are closed", run: operatorPathsAreClosed },
  { name: 'signing out ends the session', run: signingOutEnds },
  { name: 'money agrees with orders', run: moneyAgrees },
  { name: 'refunds', run: refunds },
  { name: 'audit of these orders', run: auditAgrees },
  { name: 'dead letters', run: noDeadLetters },
  { name: 'tidied up', run: tidyUp },
]
