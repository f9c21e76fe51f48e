// What the fake of Google Cloud Storage answers, in the form that the real one does.

export interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const contentType = { 'Content-Type': 'application/json; charset=UTF-8' }
  return { status, headers: { ...contentType, ...headers }, body: Buffer.from(JSON.stringify(body)) }
}

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
export function refusal(status: number, message: string, reason = 'asTold'): Answer {
  return jsonAnswer(status, { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } })
}
