// The paths of the user service.
import { userApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createSessionController } from '../controllers/session-controller.ts'
import type { createUserController } from '../controllers/user-controller.ts'

interface Controllers {
  sessions: ReturnType<typeof createSessionController>
  users: ReturnType<typeof createUserController>
}

export function userRoutes({ sessions, users }: Controllers): Route[] {
  const route = routesOf('user')
  return [
    route({ verb: 'post', path: '/user', contract: userApi.signUp, access: 'public', controller: sessions.signUp }),
    route({
      verb: 'post',
      path: '/authentication',
      contract: userApi.signIn,
      access: 'public',
      limit: 'sign-in',
      controller: sessions.signIn,
    }),
    route({
      verb: 'post',
      path: '/authentication/refresh',
      contract: userApi.refresh,
      access: 'public',
      controller: sessions.refresh,
    }),
    route({
      verb: 'delete',
      path: '/authentication',
      contract: userApi.signOut,
      access: 'customer',
      controller: sessions.signOut,
    }),
    route({
      verb: 'get',
      path: '/.well-known/jwks.json',
      contract: userApi.showKeys,
      access: 'public',
      controller: sessions.showKeys,
    }),
    route({
      verb: 'get',
      path: '/user/details',
      contract: userApi.showDetails,
      access: 'customer',
      controller: users.showDetails,
    }),
    route({
      verb: 'patch',
      path: '/user/details',
      contract: userApi.changeDetails,
      access: 'customer',
      controller: users.changeDetails,
    }),
    route({
      verb: 'put',
      path: '/user/cloud',
      contract: userApi.registerCloud,
      access: 'customer',
      controller: users.registerCloud,
    }),
    route({ verb: 'get', path: '/users', contract: userApi.listUsers, access: 'operator', controller: users.list }),
    route({ verb: 'get', path: '/users/:id', contract: userApi.showUser, access: 'operator', controller: users.show }),
    route({
      verb: 'patch',
      path: '/users/:id',
      contract: userApi.changeUser,
      access: 'operator',
      controller: users.change,
    }),
  ]
}
