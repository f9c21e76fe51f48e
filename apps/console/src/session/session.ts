// Signing in and out, and who is signed in, for the screens.
import { useQuery } from '@tanstack/react-query'
import type { Credentials } from '@waybill/sdk'
import { useSyncExternalStore } from 'react'
import { queries } from '../queries.ts'
import { waybill } from '../waybill.ts'
import { type SessionState, sessionState } from './session-state.ts'

export function useSessionState(): SessionState {
  return useSyncExternalStore(sessionState.subscribe, sessionState.current)
}

/** The signed-in user. */
export function useMe() {
  const state = useSessionState()
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => waybill.me.details({ signal }),
    enabled: state === 'signed-in',
    staleTime: 60_000,
  })
}

/** Nothing of whoever was here before is shown to whoever comes. */
export async function signIn(credentials: Credentials): Promise<void> {
  await waybill.signIn(credentials)
  queries.clear()
  sessionState.begin()
}

/** The tokens go in any case; the server's word is not waited for longer than a person would. */
export async function signOut(): Promise<void> {
  sessionState.end('signed-out')
  try {
    await waybill.signOut({ timeout: 5_000 })
  } finally {
    queries.clear()
  }
}
