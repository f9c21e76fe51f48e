// Shows a screen to those it is for; others are led to sign in, and back again afterwards.

import type { ReactNode } from 'react'
import { Navigate, useLocation } from 'react-router'
import { Loading } from '../answers/loading.tsx'
import { Trouble } from '../answers/trouble.tsx'
import { useMe, useSessionState } from './session.ts'

export type Access = 'public' | 'customer' | 'operator'

export function Guard({ access, children }: { access: Access; children: ReactNode }) {
  const state = useSessionState()
  const { pathname, search } = useLocation()
  if (access === 'public') return children
  if (state !== 'signed-in') {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
    return <Navigate to={`/sign-in${next}`} replace />
  }
  return access === 'operator' ? <ForOperators>{children}</ForOperators> : children
}

function ForOperators({ children }: { children: ReactNode }) {
  const me = useMe()
  if (me.isPending) return <Loading what="your account" />
  if (me.isError) return <Trouble error={me.error} again={() => me.refetch()} />
  if (me.data.role !== 'operator') return <Navigate to="/" replace />
  return children
}
