// Reading over HTTP: from the user's cloud now, or what was delivered.
import type { dataApi, ReadDataQuery } from '@waybill/contracts'
import { type Answer, type ApiRequest, type ControllerOf, ok, page, refuse } from '@waybill/platform/http'
import type { FindDeliveredFile } from '../bo/find-delivered-file.ts'
import type { ListDatasets } from '../bo/list-datasets.ts'
import type { ReadDataset } from '../bo/read-dataset.ts'
import type { ReadDeliveredFile } from '../bo/read-delivered-file.ts'
import { contentTypes } from '../clouds/object-store-cloud.ts'
import { presentRecords, type RecordsPage } from '../models/records-page.ts'
import { answerFile, answerUnpacked, fileTypeOf } from './file-answer.ts'
import { chooseType } from './media-type.ts'

interface Needs {
  listDatasets: ListDatasets
  readDataset: ReadDataset
  findDeliveredFile: FindDeliveredFile
  readDeliveredFile: ReadDeliveredFile
}

const json = 'application/json'

export function createDataController({ listDatasets, readDataset, findDeliveredFile, readDeliveredFile }: Needs) {
  const read: ControllerOf<typeof dataApi.readData> = async request => {
    const { process_id, dataset } = request.query
    if (process_id !== undefined) return readDelivery(request, process_id)
    if (dataset === undefined) return ok(await listDatasets(request.caller))
    return recordsPage(await readDataset(request.caller, dataset, request.query))
  }

  async function readDelivery(request: ApiRequest<unknown, ReadDataQuery>, process_id: string): Promise<Answer> {
    const { caller, token, query, headers } = request
    const handle = await findDeliveredFile(caller, token, { process_id, dataset: query.dataset })
    const stored = fileTypeOf(handle.file)
    const unpacked = contentTypes[handle.file.format]
    const type = chooseType(headers.accept, [...new Set([json, stored, unpacked])])
    if (type === json) return recordsPage(await readDeliveredFile(handle, query))
    if (type === stored) return answerFile(handle, headers)
    if (type === unpacked) return answerUnpacked(handle, headers)
    const orUnpacked = stored === unpacked ? '' : `, ${unpacked} to have it unpacked`
    const detail = `the file is ${stored}: accept that${orUnpacked}, or ${json} for pages of records`
    throw refuse('NOT_ACCEPTABLE', detail)
  }

  return { read }
}

function recordsPage(records: RecordsPage): Answer {
  return { ...page(presentRecords(records), records.nextCursor), headers: { Vary: 'Accept' } }
}
