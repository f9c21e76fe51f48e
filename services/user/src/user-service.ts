// The one place where the user service is put together.
import { randomUUID } from 'node:crypto'
import { traced, tracedModule } from '@waybill/platform/log'
import { openStore, type Service, type ServiceHost } from '@waybill/platform/service'
import { createAccessTokens } from './bo/access-tokens.ts'
import { createChangeDetails } from './bo/change-details.ts'
import { createChangeUser } from './bo/change-user.ts'
import { createEnsureOperator, type EnsureOperator, operatorOfSettings } from './bo/ensure-operator.ts'
import { createFindUser } from './bo/find-user.ts'
import { createTokenJudge } from './bo/judge-token.ts'
import { createOpenSession } from './bo/open-session.ts'
import { createPasswordHashing, type PasswordHashing } from './bo/password-hashing.ts'
import { createRefreshSession } from './bo/refresh-session.ts'
import { createRegisterCloud } from './bo/register-cloud.ts'
import { createRemoveEndedSessions } from './bo/remove-ended-sessions.ts'
import { createRequireEnabledCloud } from './bo/require-enabled-cloud.ts'
import { createRevokeSession } from './bo/revoke-session.ts'
import { createSignIn } from './bo/sign-in.ts'
import { createSignOut } from './bo/sign-out.ts'
import { createSignUp } from './bo/sign-up.ts'
import { findSigningKey } from './bo/signing-key.ts'
import { createSessionController } from './controllers/session-controller.ts'
import { createUserController } from './controllers/user-controller.ts'
import * as sessionDao from './dao/session-dao.ts'
import * as signingKeyDao from './dao/signing-key-dao.ts'
import * as userDao from './dao/user-dao.ts'
import type { UserTables } from './models/tables.ts'
import { userRoutes } from './routes/user-routes.ts'

export interface UserService extends Service {
  ensureOperator: EnsureOperator
  hasOperator(): Promise<boolean>
}

/** `passwords` is for tests that must see whether a password is verified. */
export async function createUserService(
  host: ServiceHost,
  passwords: PasswordHashing = createPasswordHashing(),
): Promise<UserService> {
  const { clock, settings, vault, cursors, peers } = host
  const log = host.log.child({ service: 'user' })
  const operator = operatorOfSettings(settings)
  const store = await openStore<UserTables>(host, 'user', new URL('../migrations/', import.meta.url))
  const { database, outbox, timers } = store
  const users = tracedModule(log, 'dao', userDao)
  const sessions = tracedModule(log, 'dao', sessionDao)
  const bo = <F extends (...args: never[]) => unknown>(name: string, operation: F) => traced(log, 'bo', name, operation)

  const signingKey = await findSigningKey(
    { database, signingKeys: signingKeyDao, vault, clock },
    settings.JWT_PRIVATE_KEY,
  )
  const terms = {
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    livesMilliseconds: settings.JWT_EXPIRES_IN,
  }
  const accessTokens = createAccessTokens(signingKey, terms, clock)
  const refreshLivesMilliseconds = settings.REFRESH_EXPIRES_IN
  const nobodysHash = await passwords.hash(randomUUID())

  const requireEnabledCloud = bo('requireEnabledCloud', createRequireEnabledCloud(peers.data))
  const revokeSession = bo('revokeSession', createRevokeSession({ sessions, outbox, clock }))
  const openSession = bo(
    'openSession',
    createOpenSession({ database, sessions, accessTokens, clock, refreshLivesMilliseconds }),
  )
  const findUser = bo('findUser', createFindUser({ users }))
  const ensureOperator = bo('ensureOperator', createEnsureOperator({ database, users, passwords, clock }))
  const removeEndedSessions = bo('removeEndedSessions', createRemoveEndedSessions({ database, sessions, clock }))
  timers.handle('remove-ended-sessions', removeEndedSessions, { concurrency: 1 })

  const sessionController = createSessionController({
    signUp: bo('signUp', createSignUp({ database, users, passwords, requireEnabledCloud, clock })),
    signIn: bo('signIn', createSignIn({ db: database.db, users, passwords, openSession, nobodysHash })),
    refreshSession: bo(
      'refreshSession',
      createRefreshSession({
        database,
        sessions,
        revokeSession,
        accessTokens,
        times: { clock, refreshLivesMilliseconds },
      }),
    ),
    signOut: bo('signOut', createSignOut({ database, revokeSession })),
    signingKey,
  })
  const userController = createUserController({
    db: database.db,
    users,
    cursors,
    bo: {
      findUser,
      changeDetails: bo(
        'changeDetails',
        createChangeDetails({ database, dao: { users, sessions }, passwords, revokeSession, clock }),
      ),
      registerCloud: bo('registerCloud', createRegisterCloud({ database, users, outbox, requireEnabledCloud, clock })),
      changeUser: bo('changeUser', createChangeUser({ database, users, findUser, outbox, clock })),
    },
  })

  return {
    name: 'user',
    store: store as never,
    routes: userRoutes({ sessions: sessionController, users: userController }),
    judge: createTokenJudge({ db: database.db, sessions, accessTokens, clock }),
    ensureOperator,
    hasOperator: async () => (await users.countOperators(database.db)) > 0,
    async start() {
      await database.transaction(tx => timers.schedule(tx, 'remove-ended-sessions', 'all', clock.now()))
      if (!operator) return
      const outcome = await ensureOperator(operator.email, operator.password)
      if (outcome === 'customer')
        log.warn({ email: operator.email }, 'OPERATOR_EMAIL belongs to a customer: no operator was made')
    },
  }
}
