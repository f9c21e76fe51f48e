// Who is signed in, as far as this tab knows: a small store that React reads, moved by this tab's calls and by other tabs.
import { browserTokens, onOtherTab } from './browser-tokens.ts'

/** Why nobody is signed in: nobody was, they signed out here or in another tab, or the server ended the session. */
export type SessionState = 'signed-in' | 'signed-out' | 'signed-out-elsewhere' | 'expired'

type Ended = Exclude<SessionState, 'signed-in'>

function createSessionState() {
  let state: SessionState = browserTokens.load() ? 'signed-in' : 'signed-out'
  const listeners = new Set<() => void>()
  const become = (next: SessionState) => {
    if (state === next) return
    state = next
    for (const listener of listeners) listener()
  }
  onOtherTab(isSignedIn => {
    if (isSignedIn) become('signed-in')
    else if (state === 'signed-in') become('signed-out-elsewhere')
  })
  return {
    current: () => state,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    begin: () => become('signed-in'),
    /** The first reason stays: calls that fail after a sign-out do not make it an expiry. */
    end(reason: Ended): void {
      if (state === 'signed-in') become(reason)
    },
  }
}

export const sessionState = createSessionState()
