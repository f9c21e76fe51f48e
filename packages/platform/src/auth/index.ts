export { type Authenticator, CachedAuthenticator, type Principal } from './authenticator.ts'
export { RemoteAuthenticator } from './remote-authenticator.ts'
export { createVault, type Vault } from './vault.ts'
