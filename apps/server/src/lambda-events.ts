// What Lambda hands to a handler and takes from it: of each, the fields that we read and write.

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface LambdaContext {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

/**
 * Payload format 2.0, of API Gateway HTTP APIs and of function URLs. Header names are in lower case, several values of one
 * are joined by commas, cookies stand apart.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface HttpEvent {
  readonly version: '2.0'
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Record<string, string | undefined>
  readonly cookies?: string[]
  readonly body?: string
  readonly isBase64Encoded: boolean
  readonly requestContext: { readonly http: { readonly method: string } }
}

export interface HttpEventAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
  isBase64Encoded: boolean
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsRecord {
  readonly messageId: string
  readonly body: string
  /** Ends with the queue's name. */
  readonly eventSourceARN: string
}

export interface SqsEvent {
  readonly Records: SqsRecord[]
}

/** What was not taken comes again; all else is deleted. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export interface SqsEventAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

/** The constant that our schedules send: look for due work for so long (a duration such as 55s). */
export interface WorkDueEvent {
  readonly work_due_for: string
}
