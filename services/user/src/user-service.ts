// The one place where the user service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { openStore, type Service, type ServiceHost } from '@waybill/platform/service'
import { createAccessTokens } from './bo/access-tokens.ts'
import { createChangeDetails } from './bo/change-details.ts'
import { createChangeUser } from './bo/change-user.ts'
import { createDraftDetails } from './bo/draft-details.ts'
import { createEnsureOperator, type EnsureOperator } from './bo/ensure-operator.ts'
import { createFindSignedInUser } from './bo/find-signed-in-user.ts'
import { createFindUser } from './bo/find-user.ts'
import { createTokenJudge } from './bo/judge-token.ts'
import { createListUsers } from './bo/list-users.ts'
import { createOpenSession } from './bo/open-session.ts'
import { createPasswordHashing, nobodysHash, type PasswordHashing } from './bo/password-hashing.ts'
import { createRefreshSession } from './bo/refresh-session.ts'
import { createRegisterCloud } from './bo/register-cloud.ts'
import { createRemoveEndedSessions, removeEndedSessionsTimer } from './bo/remove-ended-sessions.ts'
import { createRequireEnabledCloud } from './bo/require-enabled-cloud.ts'
import { createRevokeSession, createRevokeSessionsOf } from './bo/revoke-session.ts'
import { createSignIn } from './bo/sign-in.ts'
import { createSignOut } from './bo/sign-out.ts'
import { createSignUp } from './bo/sign-up.ts'
import { keepSigningKey } from './bo/signing-key.ts'
import { createSessionController } from './controllers/session-controller.ts'
import { createUserController } from './controllers/user-controller.ts'
import * as sessionDao from './dao/session-dao.ts'
import * as signingKeyDao from './dao/signing-key-dao.ts'
import * as userDao from './dao/user-dao.ts'
import type { UserTables } from './models/tables.ts'
import { userRoutes } from './routes/user-routes.ts'
import { readUserSettings } from './user-settings.ts'

export interface UserService extends Service {
  /** Makes an operator where nobody has the e-mail; never changes who has it. */
  ensureOperator: EnsureOperator
  /** True where an operator is there who can sign in. */
  hasOperator(): Promise<boolean>
}

/**
 * Throws a SettingsError where a setting of its own is not as it must be. `passwords` is for tests that must see whether
 * a password is verified.
 */
export async function createUserService(
  host: ServiceHost,
  passwords: PasswordHashing = createPasswordHashing(),
): Promise<UserService> {
  const { clock, settings, vault, cursors, peers } = host
  const log = host.log.child({ service: 'user' })
  const given = readUserSettings(settings)
  const store = await openStore<UserTables>(host, 'user', new URL('../migrations/', import.meta.url))
  const { database, outbox, timers } = store
  const { db } = database
  const users = tracedModule(log, 'dao', userDao)
  const sessions = tracedModule(log, 'dao', sessionDao)
  const signingKeys = tracedModule(log, 'dao', signingKeyDao)
  const bo = <F extends (...args: never[]) => unknown>(name: string, operation: F) => traced(log, 'bo', name, operation)

  const signingKey = given.signingKey ?? (await keepSigningKey({ database, signingKeys, vault, clock }))
  const terms = {
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    livesMilliseconds: settings.JWT_EXPIRES_IN,
  }
  const accessTokens = createAccessTokens(signingKey, terms, clock)
  const times = { clock, refreshLivesMilliseconds: settings.REFRESH_EXPIRES_IN }

  // What the operations below share.
  const requireEnabledCloud = bo('requireEnabledCloud', createRequireEnabledCloud(peers.data))
  const revokeSession = bo('revokeSession', createRevokeSession({ sessions, outbox, clock }))
  const revokeSessionsOf = bo('revokeSessionsOf', createRevokeSessionsOf({ sessions, revokeSession }))
  const openSession = bo('openSession', createOpenSession({ database, users, sessions, accessTokens, times }))
  const findSignedInUser = bo('findSignedInUser', createFindSignedInUser({ db, sessions }))
  const draftDetails = bo('draftDetails', createDraftDetails({ findSignedInUser, passwords }))
  const ensureOperator = bo('ensureOperator', createEnsureOperator({ database, users, passwords, clock, log }))

  const sessionController = createSessionController({
    signUp: bo('signUp', createSignUp({ database, users, passwords, requireEnabledCloud, clock })),
    signIn: bo('signIn', createSignIn({ db, users, passwords, openSession, nobodysHash })),
    refreshSession: bo(
      'refreshSession',
      createRefreshSession({ database, sessions, revokeSession, accessTokens, times }),
    ),
    signOut: bo('signOut', createSignOut({ database, revokeSession })),
    signingKey,
  })
  const userController = createUserController({
    findSignedInUser,
    changeDetails: bo('changeDetails', createChangeDetails({ database, users, draftDetails, revokeSessionsOf, clock })),
    registerCloud: bo('registerCloud', createRegisterCloud({ database, users, outbox, requireEnabledCloud, clock })),
    listUsers: bo('listUsers', createListUsers({ db, users, cursors })),
    findUser: bo('findUser', createFindUser({ db, users })),
    changeUser: bo('changeUser', createChangeUser({ database, users, revokeSessionsOf, outbox, clock })),
  })

  // What is due at a time.
  const lives = { accessMilliseconds: settings.JWT_EXPIRES_IN, refreshMilliseconds: settings.REFRESH_EXPIRES_IN }
  timers.handle(
    removeEndedSessionsTimer,
    bo('removeEndedSessions', createRemoveEndedSessions({ database, sessions, clock, lives })),
    { concurrency: 1 },
  )

  // Before the first request: nobody can sign up with the operator's e-mail meanwhile.
  if (given.firstOperator) await ensureOperator(given.firstOperator.email, given.firstOperator.password)

  return {
    name: 'user',
    store: store as never,
    routes: userRoutes({ sessions: sessionController, users: userController }),
    judge: createTokenJudge({ db, sessions, accessTokens }),
    ensureOperator,
    hasOperator: () => users.hasOperator(db),
    start: () => database.transaction(tx => timers.schedule(tx, removeEndedSessionsTimer, 'all', clock.now())),
  }
}
