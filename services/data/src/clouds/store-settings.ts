// Settings that clouds with files under keys have alike.
import Joi from 'joi'

/** Stands before every key as it is written: `waybill/`. */
export const prefixSetting = Joi.string()
  .max(500)
  .pattern(/^[^/\p{Cc}][^\p{Cc}]*$/u)

/** Another place than the vendor's own: `https://s3.example.org`. */
export const endpointSetting = Joi.string()
  .uri({ scheme: ['http', 'https'] })
  .max(1_000)

export const bucketSetting = Joi.string().min(1).max(255)

/** A key or a password; its length is all that can be checked without asking. */
export const secretSetting = Joi.string().min(1).max(10_000)
