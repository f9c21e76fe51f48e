// A table of things, a row each: too wide a one scrolls within itself, and columns that can be done without give way on a phone.
import { Table, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './data-table.module.css'

export interface Column<T> {
  header: string
  cell: (row: T) => ReactNode
  /** Numbers stand on the right. */
  align?: 'right'
  /** The heading is for screen readers alone: what stands below speaks for itself. */
  hidesHeader?: boolean
  /** Left out on a phone. */
  wideOnly?: boolean
}

export interface DataTableProps<T> {
  /** What a screen reader calls it. */
  label: string
  columns: Column<T>[]
  rows: readonly T[]
  keyOf: (row: T, at: number) => string | number
  /** Inside of a panel it has no border of its own. */
  plain?: boolean
}

export function DataTable<T>({ label, columns, rows, keyOf, plain }: DataTableProps<T>) {
  const visibleFrom = (column: Column<T>) => (column.wideOnly ? 'xs' : undefined)
  return (
    // Whoever has no mouse scrolls it with the arrow keys.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1)
    <section className={plain ? classes.plain : classes.frame} aria-label={label} tabIndex={0}>
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing={plain ? 'xs' : 'md'} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(column => (
              <Table.Th key={column.header} ta={column.align} visibleFrom={visibleFrom(column)}>
                {column.hidesHeader ? <VisuallyHidden>{column.header}</VisuallyHidden> : column.header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, at) => (
            <Table.Tr key={keyOf(row, at)}>
              {columns.map(column => (
                <Table.Td key={column.header} ta={column.align} visibleFrom={visibleFrom(column)}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}
