// Clouds that are open, by their names: a login is worth keeping, and all users of a cloud share its connections.
import type { Cloud } from './cloud.ts'

export class OpenClouds {
  readonly #open = new Map<string, { cloud: Promise<Cloud>; version: number }>()

  /** Undefined where it is not open with the settings of `version`. */
  kept(name: string, version: number): Promise<Cloud> | undefined {
    const open = this.#open.get(name)
    return open?.version === version ? open.cloud : undefined
  }

  async open(name: string, version: number, create: () => Promise<Cloud>): Promise<Cloud> {
    const kept = this.kept(name, version)
    if (kept) return kept
    const opening = { cloud: create(), version }
    this.#open.set(name, opening)
    try {
      return await opening.cloud
    } catch (error) {
      if (this.#open.get(name) === opening) this.#open.delete(name)
      throw error
    }
  }
}
