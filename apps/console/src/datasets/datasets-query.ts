// The datasets of the user's cloud, asked for by several screens.
import { useQuery } from '@tanstack/react-query'
import { waybill } from '../waybill.ts'

export function useDatasets() {
  return useQuery({ queryKey: ['datasets'], queryFn: ({ signal }) => waybill.data.datasets({ signal }) })
}
