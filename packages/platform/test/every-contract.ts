// A route for every contract there is, so that the documents are tested on all that the house promises.
import { type Contract, dataApi, orderApi, paymentApi, userApi } from '@waybill/contracts'
import { type Access, ok, type Route, routesOf } from '../src/http/index.ts'

const byService = { user: userApi, order: orderApi, payment: paymentApi, data: dataApi }
const publicOnes = ['signUp', 'signIn', 'refreshSession', 'showKeys', 'listPrices', 'listClouds']
const operatorOnes = ['setPrice', 'addCloud', 'changeCloud', 'checkCloud', 'audit', 'refundPayment', 'changeUser']

export const everyRoute: Route[] = Object.entries(byService).flatMap(([service, api]) =>
  Object.values(api as Record<string, Contract>).map(it => {
    const parameters = Object.keys(it.params?.describe().keys ?? {}).map(name => `/:${name}`)
    return routesOf(service)({
      verb: it.body ? 'post' : 'get',
      path: `/${service}/${it.name}${parameters.join('')}`,
      contract: it,
      access: accessOf(it.name),
      controller: () => ok(null),
    })
  }),
)

function accessOf(name: string): Access {
  if (publicOnes.includes(name)) return 'public'
  return operatorOnes.includes(name) ? 'operator' : 'customer'
}
