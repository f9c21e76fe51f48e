// The cache of what the server answered. Repeating is the SDK's business; an ended session is noticed here, whichever call met it.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { isWaybillError } from '@waybill/sdk'
import { sessionState } from './session/session-state.ts'

/** Only where somebody was signed in: a wrong password at sign-in is no session that ended. */
function noticeEndOfSession(error: unknown): void {
  if (isWaybillError(error, 'NOT_AUTHENTICATED')) sessionState.end('expired')
}

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEndOfSession }),
  mutationCache: new MutationCache({ onError: noticeEndOfSession }),
  defaultOptions: {
    // `always`: a browser that believes to be offline would wait for ever without a word.
    queries: { retry: false, networkMode: 'always', staleTime: 5_000, refetchOnWindowFocus: true },
    mutations: { retry: false, networkMode: 'always' },
  },
})
