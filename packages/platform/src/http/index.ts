export {
  type Answer,
  accepted,
  created,
  document,
  eventStream,
  noContent,
  ok,
  page,
  RawJson,
  type StreamEvent,
} from './answer.ts'
export { ApiError, type FieldError, problemDocument, refuse, refuseField } from './api-error.ts'
export { bodyLimitBytes, createHttpServer, type HttpOptions, type HttpServer } from './app.ts'
export { createAsyncApiDocument } from './asyncapi.ts'
export { type Cursors, createCursors, cutPage } from './cursor.ts'
export { createDocsPage } from './docs-page.ts'
export { requestIdOf } from './exchange.ts'
export { createFrontDoor, type FrontDoor } from './front-door.ts'
export { IdempotencyKeys } from './idempotency.ts'
export { inWords, type JsonSchema, jsonSchemaOf } from './json-schema.ts'
export { createOpenApiDocument, type OpenApiDocument } from './openapi.ts'
export { createPeer, type Peer } from './peer.ts'
export { type ByteRange, readRange } from './range.ts'
export {
  type Access,
  type ApiRequest,
  type Controller,
  type ControllerOf,
  type Route,
  routesOf,
  type Verb,
} from './route.ts'
export { errorCodesOf } from './route-errors.ts'
export { validateRequest, validationFailed } from './validation.ts'
