// What clouds there are and what an export from each costs, in one list: two calls of the API make one choice.
import { useQuery } from '@tanstack/react-query'
import type { Cloud, Price } from '@waybill/sdk'
import { waybill } from '../waybill.ts'

export interface CloudOffer extends Cloud {
  /** Of one dataset; a cloud without one cannot be ordered from. */
  price: Price | undefined
}

export function useCloudOffers() {
  return useQuery({
    queryKey: ['cloud-offers'],
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<CloudOffer[]> => {
      const [clouds, prices] = await Promise.all([waybill.clouds.list({ signal }), waybill.clouds.prices({ signal })])
      return clouds.map(cloud => ({ ...cloud, price: prices.find(price => price.cloud === cloud.name) }))
    },
  })
}

export const modeWords = {
  immediate: 'Data can be looked at right away, and ordered',
  order: 'Data comes by order only',
} as const
