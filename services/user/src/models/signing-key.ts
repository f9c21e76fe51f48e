// The stored form of the key that signs access tokens.

export interface SigningKeyRow {
  /** What the key is for; unique, so that processes that start at once agree on one. */
  purpose: string
  /** PKCS #8 PEM, sealed by the vault. */
  private_key: string
  created_at: number
}
