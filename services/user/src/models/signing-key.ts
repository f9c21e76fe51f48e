// The stored form of the key that signs access tokens.

export interface SigningKeyRow {
  /** What the key is for; unique, so that processes that start at once agree on one. */
  name: string
  /** PKCS #8 PEM, sealed by the vault. */
  sealed_key: string
  created_at: number
}

export const accessTokenKey = 'access-token'
