// Narrows a list to one state. What is chosen stands in the address: a link and the way back keep it.
import { NativeSelect } from '@mantine/core'
import { useSearchParams } from 'react-router'

export interface StateFilterProps {
  label: string
  /** The name in the address. */
  name: string
  all: string
  options: readonly { value: string; label: string }[]
}

/** What is chosen, where it is one of these. */
export function useFilter<V extends string>(name: string, values: readonly V[]): V | undefined {
  const [search] = useSearchParams()
  return values.find(value => value === search.get(name))
}

/** The other filters stay as they are. */
export function narrowed(search: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(search)
  if (value === '') next.delete(name)
  else next.set(name, value)
  return next
}

export function StateFilter({ label, name, all, options }: StateFilterProps) {
  const [search, setSearch] = useSearchParams()
  return (
    <NativeSelect
      label={label}
      w={{ base: '100%', xs: 240 }}
      value={search.get(name) ?? ''}
      data={[{ value: '', label: all }, ...options]}
      onChange={event => {
        const { value } = event.currentTarget
        setSearch(narrowed(search, name, value), { replace: true })
      }}
    />
  )
}
