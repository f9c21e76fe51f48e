// What Lambda calls: `http` for requests, `worker` for batches of SQS and for schedules. The services are put together at the cold start.
import { SettingsError } from '@waybill/platform/config'
import { takeEnvironment } from './environment.ts'
import { openContainer } from './lambda-container.ts'
import { createHttpHandler } from './lambda-http.ts'
import { createWorkerHandler } from './lambda-worker.ts'

const container = await openContainer(takeEnvironment()).catch(error => {
  if (error instanceof SettingsError) for (const line of error.lines) process.stderr.write(`${line}\n`)
  throw error
})

export const http = createHttpHandler(container)
export const worker = createWorkerHandler(container)
