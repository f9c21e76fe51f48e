// Stands for the compiled part of AWS's runtime interface client, which carries its three calls to the Runtime API: that one is C++
// which builds libcurl and wants CMake. All else of the client is AWS's own.
import { request } from 'node:http'
import { flushCompileCache } from 'node:module'

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API!.split(':')
/** The next invocation is asked for when the answer of the one before is there. */
let answered: Promise<void> = Promise.resolve()
/** The first one comes when all is loaded: what was compiled is kept for the next container, for this one may be killed. */
let keep = () => {
  flushCompileCache()
  keep = () => {}
}

export async function next(): Promise<{ bodyJson: string; headers: Record<string, unknown> }> {
  await answered
  keep()
  const { body, headers } = await call('GET', 'invocation/next')
  return {
    bodyJson: body,
    headers: { ...headers, 'lambda-runtime-deadline-ms': Number(headers['lambda-runtime-deadline-ms']) },
  }
}

export function done(id: string, body: string): void {
  answered = call('POST', `invocation/${id}/response`, body).then(() => {})
}

export function error(id: string, body: string): void {
  answered = call('POST', `invocation/${id}/error`, body).then(() => {})
}

function call(
  method: string,
  path: string,
  body?: string,
): Promise<{ body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime/${path}` }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ body: text, headers: response.headers }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
