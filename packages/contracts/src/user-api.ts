// The user service's part of the contract: signing up and in, registering with a cloud, and what operators may change.
import Joi from 'joi'
import { contract } from './contract.ts'
import {
  accountName,
  answer,
  cloudName,
  formed,
  id,
  idParams,
  namedAnswer,
  type PageQuery,
  pageQuery,
  time,
} from './fields.ts'
import type { User, UserRecord } from './user-models.ts'
import { type Role, roles } from './words.ts'

export interface TokenPair {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
  refresh_token: string
}
export interface SignUpBody {
  name: string
  email: string
  password: string
  cloud?: string
}
export interface SignInBody {
  email: string
  password: string
}
export interface RefreshBody {
  refresh_token: string
}
export interface ChangeDetailsBody {
  name?: string
  password?: string
  current_password?: string
}
export interface RegisterCloudBody {
  name: string
}
export interface ChangeUserBody {
  role?: Role
  account?: string
  disabled?: boolean
}
export interface JsonWebKeySet {
  keys: Record<string, string>[]
}

// No control characters: names stand in e-mails, logs and screens.
const personName = () =>
  formed(/^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u, 'text that can be seen, without control characters')
    .min(1)
    .max(100)
const email = () => Joi.string().email({ tlds: false }).max(254).example('ada@example.com')
/** 10–128 characters (NIST SP 800-63B 5.1.1.2: length, not composition). */
export const password = () => Joi.string().min(10).max(128).description('10–128 characters')

const userProperties = {
  id: id(),
  name: Joi.string(),
  email: Joi.string(),
  role: Joi.string().valid(...roles),
  cloud: Joi.string().allow(null),
  account: Joi.string(),
  created_at: time(),
}
export const userSchema = namedAnswer<User>('User', userProperties)
export const userRecordSchema = namedAnswer<UserRecord>('UserRecord', {
  ...userProperties,
  disabled: Joi.boolean(),
  updated_at: time(),
})
const tokenPairSchema = namedAnswer<TokenPair>('TokenPair', {
  access_token: Joi.string(),
  token_type: Joi.string().valid('Bearer'),
  expires_in: Joi.number().integer().description('Seconds'),
  refresh_token: Joi.string(),
})

export const userApi = {
  signUp: contract({
    name: 'signUp',
    summary: 'Sign up',
    body: Joi.object<SignUpBody>({
      name: personName().required(),
      email: email().required(),
      password: password().required(),
      cloud: cloudName(),
    }),
    answers: { 201: { description: 'The new user', data: userSchema } },
    errors: ['EMAIL_TAKEN', 'UNKNOWN_CLOUD', 'CLOUD_NOT_ENABLED'],
  }),
  signIn: contract({
    name: 'signIn',
    summary: 'Sign in',
    body: Joi.object<SignInBody>({
      email: Joi.string().max(254).required(),
      password: Joi.string().max(128).required(),
    }),
    answers: { 200: { description: 'An access token and the token that refreshes it', data: tokenPairSchema } },
    errors: ['INVALID_CREDENTIALS'],
  }),
  refresh: contract({
    name: 'refreshSession',
    summary: 'Get a new pair of tokens; the refresh token is used up',
    body: Joi.object<RefreshBody>({ refresh_token: Joi.string().max(4_096).required() }),
    answers: { 200: { description: 'The new pair', data: tokenPairSchema } },
    errors: ['INVALID_CREDENTIALS'],
  }),
  signOut: contract({
    name: 'signOut',
    summary: 'Sign out: the tokens of this session stop working',
    answers: { 204: { description: 'Signed out' } },
    errors: [],
  }),
  showDetails: contract({
    name: 'showUserDetails',
    summary: 'The signed-in user',
    answers: { 200: { description: 'The user', data: userSchema } },
    errors: [],
  }),
  changeDetails: contract({
    name: 'changeUserDetails',
    summary: 'Change name or password; a new password revokes the other sessions',
    body: Joi.object<ChangeDetailsBody>({
      name: personName(),
      password: password(),
      current_password: Joi.string().max(128),
    }).or('name', 'password'),
    answers: { 200: { description: 'The user', data: userSchema } },
    errors: ['WRONG_PASSWORD'],
  }),
  registerCloud: contract({
    name: 'registerCloud',
    summary: 'Register with a cloud',
    body: Joi.object<RegisterCloudBody>({ name: cloudName().required() }),
    answers: { 200: { description: 'The user', data: userSchema } },
    errors: ['UNKNOWN_CLOUD', 'CLOUD_NOT_ENABLED'],
  }),
  listUsers: contract({
    name: 'listUsers',
    summary: 'All users, newest first',
    query: Joi.object<PageQuery>(pageQuery),
    answers: { 200: { description: 'A page of users', data: Joi.array().items(userRecordSchema), paged: true } },
    errors: [],
  }),
  showUser: contract({
    name: 'showUser',
    summary: 'A user',
    params: idParams,
    answers: { 200: { description: 'The user', data: userRecordSchema } },
    errors: ['USER_NOT_FOUND'],
  }),
  changeUser: contract({
    name: 'changeUser',
    summary: "Change a user's role, account or access",
    params: idParams,
    body: Joi.object<ChangeUserBody>({
      role: Joi.string().valid(...roles),
      account: accountName(),
      disabled: Joi.boolean(),
    }).min(1),
    answers: { 200: { description: 'The user', data: userRecordSchema } },
    errors: ['USER_NOT_FOUND', 'LAST_OPERATOR'],
  }),
  showKeys: contract({
    name: 'showKeys',
    summary: 'The public keys that access tokens are verified with (RFC 7517)',
    answers: {
      200: {
        description: 'The key set',
        raw: { 'application/json': answer<JsonWebKeySet>({ keys: Joi.array().items(Joi.object()) }) },
      },
    },
    errors: [],
  }),
}
