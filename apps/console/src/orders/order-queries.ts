// What is known of one order besides its explanation, which is followed and has these asked for anew whenever something happens.
import { useQuery } from '@tanstack/react-query'
import { isWaybillError, type Order, type Payment } from '@waybill/sdk'
import { toldToOwner } from '../answers/plainly.ts'
import { useMe } from '../session/session.ts'
import { waybill } from '../waybill.ts'

/** Operators see the orders of others, too. Until it is known who looks, it is the owner. */
export function useIsMine({ user_id }: { user_id: string }): boolean {
  const me = useMe()
  return me.data === undefined || me.data.id === user_id
}

/** Makes what the API says of an order's owner into what is said to whoever looks. */
export function useTelling(order: Order): (text: string) => string {
  return useIsMine(order) ? toldToOwner : text => text
}

export function useOrder(id: string) {
  return useQuery({
    queryKey: ['order', id, 'details'],
    queryFn: ({ signal }) => waybill.orders.get(id, { signal }),
  })
}

/** Null while there is no payment yet: it is made a moment after the order. */
export function usePayment(orderId: string) {
  return useQuery({
    queryKey: ['order', orderId, 'payment'],
    queryFn: async ({ signal }): Promise<Payment | null> => {
      try {
        return await waybill.payments.ofOrder(orderId, { signal })
      } catch (error) {
        if (isWaybillError(error, 'PAYMENT_NOT_FOUND')) return null
        throw error
      }
    },
  })
}

export function useManifest(processId: string) {
  return useQuery({
    queryKey: ['manifest', processId],
    queryFn: ({ signal }) => waybill.data.manifest(processId, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
