// A growing list: item by item with `for await`, or page by page.

export interface Page<T, D = T[]> {
  items: T[]
  /** `data` as the server sent it: the items, or what they stand in. */
  data: D
  /** To be handed in as `cursor` for the next page; null on the last. */
  next_cursor: string | null
}

/** `for await (const item of pages)` asks for page after page as they are needed. Each loop begins anew. */
export class Pages<T, D = T[]> implements AsyncIterable<T> {
  readonly #read: (cursor: string | undefined) => Promise<Page<T, D>>
  readonly #first: string | undefined

  constructor(read: (cursor: string | undefined) => Promise<Page<T, D>>, first: string | undefined) {
    this.#read = read
    this.#first = first
  }

  /** One page: that after `cursor`, else the first. */
  page(cursor: string | undefined = this.#first): Promise<Page<T, D>> {
    return this.#read(cursor)
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<Page<T, D>, void, undefined> {
    for (let cursor = this.#first; ; ) {
      const page = await this.#read(cursor)
      yield page
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { items } of this.pages()) yield* items
  }

  /** The first `atMost` items, in one array. */
  async take(atMost: number): Promise<T[]> {
    const items: T[] = []
    if (atMost < 1) return items
    for await (const item of this) {
      items.push(item)
      if (items.length >= atMost) break
    }
    return items
  }
}
