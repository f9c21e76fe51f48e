// A page of records as it is answered: the records are JSON texts and go out as they came.
import { RawJson } from '@waybill/platform/http'

export interface RecordsPage {
  cloud: string
  dataset: string
  /** RFC 3339: the records were so at that time. */
  asOf: string
  /** JSON texts. */
  records: string[]
  nextCursor: string | null
}

export function presentRecords({ cloud, dataset, asOf, records }: RecordsPage): RawJson {
  const head = JSON.stringify({ cloud, dataset, as_of: asOf })
  return new RawJson(`${head.slice(0, -1)},"records":[${records.join(',')}]}`)
}
