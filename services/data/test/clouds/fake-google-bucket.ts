// The objects of the fake of Google Cloud Storage, and their listing.
import { type Answer, jsonAnswer } from './fake-google-answers.ts'

export interface FakeObject {
  key: string
  bytes: Buffer
  generation: number
  updatedAt: number
  contentEncoding?: string
}

const pageSize = 1_000

export class FakeBucket {
  readonly name: string
  readonly #objects = new Map<string, FakeObject>()
  /** In the order of a listing; made when one is asked for. */
  #sorted: string[] | undefined
  #generation = Date.now() * 1_000

  constructor(name: string) {
    this.name = name
  }

  put(key: string, bytes: Buffer, contentEncoding?: string): FakeObject {
    if (!this.#objects.has(key)) this.#sorted = undefined
    const object = { key, bytes, generation: ++this.#generation, updatedAt: Date.now(), contentEncoding }
    this.#objects.set(key, object)
    return object
  }

  /** With a generation only that one; an object that is written over keeps no earlier one. */
  find(key: string, generation: string | null = null): FakeObject | undefined {
    const object = this.#objects.get(key)
    return generation === null || generation === String(object?.generation) ? object : undefined
  }

  delete(key: string): void {
    this.#objects.delete(key)
    this.#sorted = undefined
  }

  keysUnder(prefix: string): string[] {
    return [...this.#objects.keys()].filter(key => key.startsWith(prefix))
  }

  describe({ key, bytes, generation, updatedAt }: FakeObject) {
    return {
      ...{ kind: 'storage#object', bucket: this.name, name: key, size: String(bytes.length) },
      ...{ generation: String(generation), metageneration: '1', updated: new Date(updatedAt).toISOString() },
    }
  }

  /** https://cloud.google.com/storage/docs/json_api/v1/objects/list, with `prefix`, `delimiter`, `maxResults` and `pageToken`. */
  list(query: URLSearchParams): Answer {
    this.#sorted ??= [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const prefix = query.get('prefix') ?? ''
    const delimiter = query.get('delimiter')
    const limit = Math.min(Number(query.get('maxResults') ?? pageSize), pageSize)
    const keys = this.#sorted
    const token = query.get('pageToken')
    const items: unknown[] = []
    const prefixes = new Set<string>()
    let at = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString())
    for (; at < keys.length && items.length + prefixes.size < limit; at++) {
      const key = keys[at]!
      if (!key.startsWith(prefix)) continue
      const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length)
      if (end === -1) items.push(this.describe(this.#objects.get(key)!))
      else prefixes.add(key.slice(0, end + 1))
    }
    const rest = keys.findIndex((key, index) => index >= at && key.startsWith(prefix))
    return jsonAnswer(200, {
      kind: 'storage#objects',
      ...(items.length > 0 ? { items } : {}),
      ...(prefixes.size > 0 ? { prefixes: [...prefixes] } : {}),
      ...(rest === -1 ? {} : { nextPageToken: Buffer.from(String(at)).toString('base64url') }),
    })
  }
}
