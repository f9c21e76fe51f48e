// Where one was before one had to sign in: only a path of this console counts.
export function nextPath(search: URLSearchParams): string {
  const next = search.get('next') ?? '/'
  return next.startsWith('/') && !next.startsWith('//') ? next : '/'
}
