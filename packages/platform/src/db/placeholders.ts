// Stand-ins for values that are not known when a query is built, and the step from one key to several.
import {
  BinaryOperationNode,
  ColumnNode,
  type OperationNode,
  OperationNodeTransformer,
  OperatorNode,
  type QueryId,
  ReferenceNode,
  type RootOperationNode,
  ValueListNode,
  ValueNode,
} from 'kysely'

/** Stands for a value that is not known when the query is built. */
export class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Stands for one of several keys. */
export class KeyAt {
  readonly position: number

  constructor(position: number) {
    this.position = position
  }
}

/** Makes `column in (…)` of `column = <the placeholder of that name>`, for `keys` keys. */
export function widenKey(
  node: RootOperationNode,
  name: string,
  keys: number,
): { node: RootOperationNode; column: string } {
  const widener = new KeyWidener(name, keys)
  const wide = widener.transformNode(node)
  if (widener.column === undefined) throw new Error(`a merged query must say where its key "${name}" is: ${node.kind}`)
  return { node: wide, column: widener.column }
}

class KeyWidener extends OperationNodeTransformer {
  readonly #name: string
  readonly #keys: number
  column: string | undefined

  constructor(name: string, keys: number) {
    super()
    this.#name = name
    this.#keys = keys
  }

  protected override transformBinaryOperation(node: BinaryOperationNode, queryId?: QueryId): BinaryOperationNode {
    const { leftOperand, operator, rightOperand } = node
    const column = columnOf(leftOperand)
    const isKey = ValueNode.is(rightOperand) && this.#isPlaceholder(rightOperand.value)
    if (!isKey || column === undefined || !OperatorNode.is(operator) || operator.operator !== '=') {
      return super.transformBinaryOperation(node, queryId)
    }
    this.column = column
    const keys = Array.from({ length: this.#keys }, (_, position) => ValueNode.create(new KeyAt(position)))
    return BinaryOperationNode.create(leftOperand, OperatorNode.create('in'), ValueListNode.create(keys))
  }

  #isPlaceholder(value: unknown): boolean {
    return value instanceof Placeholder && value.name === this.#name
  }
}

function columnOf(node: OperationNode): string | undefined {
  if (!ReferenceNode.is(node) || !ColumnNode.is(node.column)) return undefined
  return node.column.column.name
}
