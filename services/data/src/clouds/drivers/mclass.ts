// MClass: an HTTP API of pages of records. It cannot be written to, so deliveries stay with us.
import { Readable } from 'node:stream'
import { areaNamePattern } from '@waybill/contracts'
import Joi from 'joi'
import {
  assertAreaNames,
  Cloud,
  type DataPage,
  type DatasetInfo,
  type DeliveredObject,
  type ExportedFile,
  type ExportTask,
} from '../cloud.ts'
import { CloudRefused, DatasetNotFound } from '../cloud-error.ts'
import type { DeliveryStore } from '../delivery-store.ts'
import { numberOf } from '../exact-json.ts'
import { exportDataset, type Source, type SourceChunk } from '../export-dataset.ts'
import type { CloudDriver } from '../factory.ts'
import { MClassClient, type MClassSettings } from '../mclass-client.ts'

const recordsAtOnce = 100

class MClassCloud extends Cloud {
  readonly #client: MClassClient
  readonly #deliveries: DeliveryStore

  constructor(name: string, client: MClassClient, deliveries: DeliveryStore) {
    super(name)
    this.#client = client
    this.#deliveries = deliveries
  }

  override login(): Promise<void> {
    return this.#client.login()
  }

  /** An account that MClass does not know has no datasets. */
  override async listDatasets(account: string): Promise<DatasetInfo[]> {
    assertAreaNames(account)
    const answer = await this.#client.get(`/accounts/${account}/datasets`)
    const datasets = answer === undefined ? [] : (answer as { datasets?: unknown } | null)?.datasets
    if (!Array.isArray(datasets)) throw new CloudRefused(`${this.name} answered a list of datasets without datasets`)
    return datasets
      .filter(({ name }) => areaNamePattern.test(String(name)))
      .map(({ name, bytes, updated_at }) => ({
        name: String(name),
        bytes: numberOf(bytes) || 0,
        updatedAt: Date.parse(String(updated_at)) || 0,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  override getData(account: string, dataset: string, position: unknown, limit: number): Promise<DataPage> {
    return this.#readPage(account, dataset, position as string | undefined, limit)
  }

  override async processOrder(task: ExportTask): Promise<ExportedFile> {
    assertAreaNames(task.account, task.dataset)
    const datasets = await this.listDatasets(task.account)
    const found = datasets.find(({ name }) => name === task.dataset)
    if (!found) throw new DatasetNotFound(task.dataset, this.name)
    return exportDataset(this.#source(task.account, found), this.#deliveries.write(task), task)
  }

  override async openDelivery(file: DeliveredObject, start: number, end: number): Promise<Readable> {
    return Readable.from(this.#deliveries.read(file, start, end), { objectMode: false })
  }

  override removeDelivery(_account: string, processId: string): Promise<void> {
    return this.#deliveries.remove(processId)
  }

  #source(account: string, { name, bytes, updatedAt }: DatasetInfo): Source {
    const readPages = this.#readPages.bind(this)
    return {
      name,
      version: `${updatedAt} ${bytes}`,
      format: 'ndjson',
      bytes,
      read: ({ cursor }, signal) => readPages(account, name, cursor, signal),
    }
  }

  async *#readPages(
    account: string,
    dataset: string,
    from: string | null,
    signal: AbortSignal,
  ): AsyncIterable<SourceChunk> {
    let cursor = from ?? undefined
    do {
      const { records, next } = await this.#readPage(account, dataset, cursor, recordsAtOnce, signal)
      yield { bytes: Buffer.from(records.map(record => `${record}\n`).join('')), cursor: next }
      cursor = next ?? undefined
    } while (cursor !== undefined)
  }

  async #readPage(
    account: string,
    dataset: string,
    cursor: string | undefined,
    limit: number,
    signal?: AbortSignal,
  ): Promise<{ records: string[]; next: string | null }> {
    assertAreaNames(account, dataset)
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) })
    const answer = await this.#client.get(`/accounts/${account}/datasets/${dataset}/records?${query}`, signal)
    if (answer === undefined) throw new DatasetNotFound(dataset, this.name)
    const { records, next_cursor } = (answer ?? {}) as { records?: unknown; next_cursor?: unknown }
    if (!Array.isArray(records)) throw new CloudRefused(`${this.name} answered a page of ${dataset} without records`)
    const next = next_cursor === null || next_cursor === undefined || next_cursor === '' ? null : String(next_cursor)
    if (next !== null && next === cursor)
      throw new CloudRefused(`${this.name} answered the same page of ${dataset} again`)
    return { records: records.map(record => JSON.stringify(record)), next }
  }
}

export const driver: CloudDriver<MClassSettings> = {
  settings: Joi.object({
    url: Joi.string()
      .uri({ scheme: ['http', 'https'] })
      .max(1_000)
      .required(),
    client_id: Joi.string().min(1).max(1_000).required(),
    client_secret: Joi.string().min(1).max(10_000).required(),
  }),
  needsSettings: true,
  create: (name, settings, context) =>
    new MClassCloud(name, new MClassClient(name, settings, context), context.deliveries),
}
