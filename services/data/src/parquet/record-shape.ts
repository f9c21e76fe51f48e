// How the columns of a Parquet file make records: the schema as a tree of what JSON has (values, lists, maps, structs), with the
// levels at which each part is there (LogicalTypes.md and "nested encoding" of the Parquet format).
import type { ParquetType, SchemaTree } from 'hyparquet'
import { type ValueType, valueTypeOf } from './json-values.ts'
import { ParquetError } from './parquet-error.ts'

/** A column of values. */
export interface ColumnShape {
  /** Place among all columns. */
  index: number
  path: readonly string[]
  /** For messages. */
  name: string
  type: ParquetType
  typeLength: number | undefined
  value: ValueType
  /** The repetition level of values that begin no new part; 0 where none repeats. */
  maxRepetition: number
  /** The definition level of values that are there. */
  maxDefinition: number
}

/** `presentAt`: the definition level from which on the part is not null; 0 where it never is. */
export type PartShape =
  | { kind: 'value'; column: ColumnShape }
  | { kind: 'struct'; presentAt: number; first: ColumnShape; last: ColumnShape; members: MemberShape[] }
  | {
      kind: 'list' | 'map'
      presentAt: number
      first: ColumnShape
      last: ColumnShape
      /** The definition level from which on there is an element, and the repetition level of a further one. */
      elementAt: number
      repetition: number
      /** Of a list; of a map, whose entries have a key and a value. */
      parts: PartShape[]
    }

export interface MemberShape {
  /** `"name":`, as JSON. */
  label: Buffer
  part: PartShape
}

export interface RecordShape {
  /** Of the top level, in their order. */
  names: string[]
  members: MemberShape[]
  columns: ColumnShape[]
}

const deepest = 64
const columnsAtMost = 16_384

interface Levels {
  repetition: number
  definition: number
}

export function shapeOf(root: SchemaTree): RecordShape {
  const builder = new ShapeBuilder()
  const members = builder.membersOf(root, { repetition: 0, definition: 0 }, 0)
  return { names: root.children.map(({ element }) => element.name), members, columns: builder.columns }
}

class ShapeBuilder {
  readonly columns: ColumnShape[] = []

  membersOf({ children, path }: SchemaTree, levels: Levels, depth: number): MemberShape[] {
    const names = new Set(children.map(({ element }) => element.name))
    if (names.size < children.length)
      throw new ParquetError(`two of its columns have one name ${path.join('.')}`.trim())
    return children.map(child => ({
      label: Buffer.from(`${JSON.stringify(child.element.name)}:`),
      part: this.#part(child, levels, depth + 1),
    }))
  }

  #part(node: SchemaTree, levels: Levels, depth: number): PartShape {
    if (depth > deepest) throw new ParquetError(`its columns are nested in more than ${deepest} levels`)
    // What repeats without being named a list is one, too (older writers).
    if (node.element.repetition_type === 'REPEATED') {
      return this.#repeated('list', 0, levels, inner => [this.#content(node, inner, 0, depth)])
    }
    const isOptional = node.element.repetition_type === 'OPTIONAL'
    const own = { ...levels, definition: levels.definition + (isOptional ? 1 : 0) }
    return this.#content(node, own, isOptional ? own.definition : 0, depth)
  }

  #content(node: SchemaTree, levels: Levels, presentAt: number, depth: number): PartShape {
    const { element, children } = node
    if (element.type !== undefined) return { kind: 'value', column: this.#column(node, levels) }
    const [only] = children
    if (only === undefined) throw new ParquetError(`the column ${node.path.join('.')} has no type`)
    const isOneRepeated = children.length === 1 && only.element.repetition_type === 'REPEATED'
    if (isOneRepeated && isMap(node, only)) {
      return this.#repeated('map', presentAt, levels, inner =>
        only.children.map(part => this.#part(part, inner, depth + 2)),
      )
    }
    if (isOneRepeated && isList(node)) {
      return this.#repeated('list', presentAt, levels, inner => [
        isWrapper(node, only)
          ? this.#part(only.children[0]!, inner, depth + 2)
          : this.#content(only, inner, 0, depth + 1),
      ])
    }
    const first = this.columns.length
    const members = this.membersOf(node, levels, depth)
    return { kind: 'struct', presentAt, ...this.#columnsFrom(first), members }
  }

  #repeated(
    kind: 'list' | 'map',
    presentAt: number,
    outer: Levels,
    partsAt: (inner: Levels) => PartShape[],
  ): PartShape {
    const first = this.columns.length
    const inner = { repetition: outer.repetition + 1, definition: outer.definition + 1 }
    const parts = partsAt(inner)
    const levels = { elementAt: inner.definition, repetition: inner.repetition }
    return { kind, presentAt, ...this.#columnsFrom(first), ...levels, parts }
  }

  #columnsFrom(first: number): { first: ColumnShape; last: ColumnShape } {
    return { first: this.columns[first]!, last: this.columns.at(-1)! }
  }

  #column({ element, path }: SchemaTree, { repetition, definition }: Levels): ColumnShape {
    const index = this.columns.length
    if (index === columnsAtMost) throw new ParquetError(`it has more than ${columnsAtMost} columns`)
    const column: ColumnShape = {
      ...{ index, path, name: path.join('.'), type: element.type!, typeLength: element.type_length },
      ...{ value: valueTypeOf(element), maxRepetition: repetition, maxDefinition: definition },
    }
    this.columns.push(column)
    return column
  }
}

function isList({ element }: SchemaTree): boolean {
  return element.converted_type === 'LIST' || element.logical_type?.type === 'LIST'
}

function isMap({ element }: SchemaTree, entries: SchemaTree): boolean {
  const isNamed =
    element.logical_type?.type === 'MAP' ||
    element.converted_type === 'MAP' ||
    element.converted_type === 'MAP_KEY_VALUE'
  const [key] = entries.children
  return (
    isNamed &&
    entries.children.length === 2 &&
    key!.element.type !== undefined &&
    key!.element.repetition_type !== 'REPEATED'
  )
}

/** The group in a list that only says that it repeats; in lists of older writers that group, or value, is the element itself. */
function isWrapper({ element }: SchemaTree, repeated: SchemaTree): boolean {
  const [child] = repeated.children
  if (repeated.children.length !== 1 || child!.element.repetition_type === 'REPEATED') return false
  return repeated.element.name !== 'array' && repeated.element.name !== `${element.name}_tuple`
}
