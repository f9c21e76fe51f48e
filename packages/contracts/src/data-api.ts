// The data service's part of the contract: reading now, reading a delivery, and the clouds.
import Joi from 'joi'
import { contract } from './contract.ts'
import {
  type Cloud,
  type CloudCheck,
  type CloudMode,
  cloudModes,
  type Dataset,
  type DeliveredFile,
  type ExportRecord,
  type Manifest,
} from './data-models.ts'
import {
  answer,
  cloudName,
  compression,
  datasetName,
  exportFormat,
  formed,
  id,
  namedAnswer,
  type PageQuery,
  pageQuery,
  time,
} from './fields.ts'
import type { ProcessIdParams } from './order-api.ts'

export interface ReadDataQuery extends PageQuery {
  dataset?: string
  process_id?: string
}
export interface AddCloudBody {
  name: string
  driver: string
  mode: CloudMode
  settings?: Record<string, unknown>
}
export interface ChangeCloudBody {
  mode?: CloudMode
  settings?: Record<string, unknown>
  enabled?: boolean
}
export interface ProcessIdsBody {
  process_ids: string[]
}

export const cloudSchema = namedAnswer<Cloud>('Cloud', {
  name: Joi.string(),
  driver: Joi.string(),
  mode: Joi.string().valid(...cloudModes),
  enabled: Joi.boolean(),
})
const fileProperties = {
  dataset: Joi.string(),
  format: exportFormat(),
  compression: compression().description('Of a packed file; bytes and sha256 are of what is stored'),
  records: Joi.number().integer(),
  bytes: Joi.number().integer(),
}
const exportSchema = namedAnswer<ExportRecord>('Export', {
  process_id: id(),
  order_id: id(),
  state: Joi.string().valid('running', 'finished', 'failed', 'cancelled'),
  reason: Joi.string().allow(null),
  request_id: Joi.string().allow(null),
  files: Joi.array().items(
    answer<ExportRecord['files'][number]>({
      ...fileProperties,
      sha256: Joi.string().allow(null),
      percentage: Joi.number().integer().min(0).max(100),
      updated_at: time(),
    }),
  ),
  created_at: time(),
  updated_at: time(),
  finished_at: time().allow(null).description('When its last file was complete, or it was given up'),
})
const driver = () => formed(/^[a-z][a-z0-9-]{0,39}$/, 'the name of a driver')
const settings = () => Joi.object().unknown(true).max(50).description('By driver; merged into what is there')
const cloudParams = Joi.object<{ name: string }>({ name: cloudName().required() })
const wholeFiles = {
  'application/x-ndjson': Joi.string(),
  'text/csv': Joi.string(),
  'application/gzip': Joi.binary(),
  'application/zstd': Joi.binary(),
}
const readData = {
  query: Joi.object<ReadDataQuery>({ ...pageQuery, dataset: datasetName(), process_id: id() }),
  headers: {
    Accept:
      'With process_id: application/x-ndjson or text/csv streams the whole file; application/gzip or application/zstd a packed one as it is stored',
    Range: 'With a whole file as it is stored: bytes=… (RFC 9110 14)',
    'If-None-Match': 'With a whole file: its ETag',
  },
  answers: {
    200: {
      description: 'Without dataset the datasets; with it a page of records; a delivery also as a file',
      data: Joi.alternatives(
        answer<{ cloud: string; as_of: string; datasets: Dataset[] }>({
          cloud: Joi.string(),
          as_of: time(),
          datasets: Joi.array().items(
            answer<Dataset>({ name: Joi.string(), bytes: Joi.number().integer(), updated_at: time() }),
          ),
        }),
        answer<{ cloud: string; dataset: string; as_of: string; records: unknown[] }>({
          cloud: Joi.string(),
          dataset: Joi.string(),
          as_of: time(),
          records: Joi.array().items(Joi.object()),
        }),
      ),
      paged: true,
      raw: wholeFiles,
      headers: { ETag: 'Of a whole file', 'Content-Length': 'Of a whole file as it is stored' },
    },
    206: { description: 'A part of a file', raw: wholeFiles },
    304: { description: 'The file that If-None-Match names' },
  },
  errors: [
    'CLOUD_NOT_REGISTERED',
    'CLOUD_NOT_ENABLED',
    'DATASET_NOT_FOUND',
    'ORDER_REQUIRED',
    'CURSOR_EXPIRED',
    'PROCESS_NOT_FOUND',
    'PROCESS_NOT_FINISHED',
    'PROCESS_FAILED',
    'NOT_ACCEPTABLE',
    'RANGE_NOT_SATISFIABLE',
    'CLOUD_REFUSED',
    'CLOUD_UNAVAILABLE',
  ],
} satisfies Partial<Parameters<typeof contract>[0]>

export const dataApi = {
  readData: contract({ name: 'readData', summary: "The user's records from their cloud, or a delivery", ...readData }),
  readUserData: contract({ name: 'readUserData', summary: 'The same as /data', ...readData }),
  showManifest: contract({
    name: 'showManifest',
    summary: 'The files of a delivery with their checksums',
    query: Joi.object<ProcessIdParams>({ process_id: id().required() }),
    answers: {
      200: {
        description: 'The manifest',
        data: answer<Manifest>({
          process_id: id(),
          cloud: Joi.string(),
          files: Joi.array().items(
            answer<DeliveredFile>({ ...fileProperties, sha256: Joi.string().pattern(/^[0-9a-f]{64}$/) }),
          ),
          finished_at: time(),
        }),
      },
    },
    errors: ['PROCESS_NOT_FOUND', 'PROCESS_NOT_FINISHED', 'PROCESS_FAILED'],
  }),
  showExport: contract({
    name: 'showExport',
    summary: 'How far the export behind a process is, file by file',
    params: Joi.object<ProcessIdParams>({ process_id: id().required() }),
    answers: {
      200: {
        description: 'The export',
        data: exportSchema,
      },
    },
    errors: ['PROCESS_NOT_FOUND'],
  }),
  listExportsOfProcesses: contract({
    name: 'listExportsOfProcesses',
    summary: 'The exports behind up to 100 processes; a process without one is left out',
    body: Joi.object<ProcessIdsBody>({ process_ids: Joi.array().items(id()).min(1).max(100).unique().required() }),
    answers: { 200: { description: 'The exports, in no order', data: Joi.array().items(exportSchema) } },
    errors: [],
  }),
  listClouds: contract({
    name: 'listClouds',
    summary: 'The clouds that users may register with',
    answers: { 200: { description: 'The clouds', data: Joi.array().items(cloudSchema) } },
    errors: [],
  }),
  addCloud: contract({
    name: 'addCloud',
    summary: 'Add a cloud: a row naming its driver, mode and settings',
    body: Joi.object<AddCloudBody>({
      name: cloudName().required(),
      driver: driver().required(),
      mode: Joi.string()
        .valid(...cloudModes)
        .required(),
      settings: settings(),
    }),
    answers: { 201: { description: 'The cloud', data: cloudSchema } },
    errors: ['CLOUD_EXISTS'],
  }),
  changeCloud: contract({
    name: 'changeCloud',
    summary: "Change a cloud's mode, settings or availability",
    params: cloudParams,
    body: Joi.object<ChangeCloudBody>({
      mode: Joi.string().valid(...cloudModes),
      settings: settings(),
      enabled: Joi.boolean(),
    }).min(1),
    answers: { 200: { description: 'The cloud', data: cloudSchema } },
    errors: ['CLOUD_NOT_FOUND'],
  }),
  checkCloud: contract({
    name: 'checkCloud',
    summary: 'Log in to a cloud and say what was found',
    params: cloudParams,
    answers: {
      200: {
        description: 'What was found; a refused login is an answer, not an error',
        data: answer<CloudCheck>({
          ok: Joi.boolean(),
          detail: Joi.string(),
          datasets: Joi.number().integer().allow(null),
        }),
      },
    },
    errors: ['CLOUD_NOT_FOUND'],
  }),
}
