// Keeps the session's tokens in the browser, for all tabs of this origin, and says when another tab begins or ends one.
import type { TokenStore, Tokens } from '@waybill/sdk'

const key = 'waybill.session'

export const browserTokens: TokenStore = {
  load() {
    const kept = localStorage.getItem(key)
    return kept === null ? undefined : readTokens(kept)
  },
  save(tokens) {
    if (tokens) localStorage.setItem(key, JSON.stringify(tokens))
    else localStorage.removeItem(key)
  },
  async exclusively(work) {
    // Pages that came over plain HTTP from another machine have no locks: there, two tabs that refresh at once must sign in again.
    if (!navigator.locks) return work()
    return await navigator.locks.request(key, work)
  },
}

/** Calls back when another tab has signed in or out; refreshed tokens of the same session are no news. */
export function onOtherTab(changed: (isSignedIn: boolean) => void): () => void {
  const listen = (event: StorageEvent) => {
    // `key` is null where everything was cleared.
    if (event.key !== null && event.key !== key) return
    const before = event.oldValue !== null
    const after = event.key !== null && event.newValue !== null
    if (before !== after || event.key === null) changed(after)
  }
  window.addEventListener('storage', listen)
  return () => window.removeEventListener('storage', listen)
}

/** What somebody else has written there is nobody's session. */
function readTokens(text: string): Tokens | undefined {
  try {
    const { access_token, refresh_token, expires_at } = JSON.parse(text)
    const isWhole = typeof access_token === 'string' && typeof refresh_token === 'string' && expires_at > 0
    return isWhole ? { access_token, refresh_token, expires_at } : undefined
  } catch {
    return undefined
  }
}
