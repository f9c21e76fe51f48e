// Records as a table, page after page: of a dataset as it is now, or of a delivery.
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { DataRecord, RecordSource, RecordsPage } from '@waybill/sdk'
import { formatCount, formatTime } from '../amounts.ts'
import { Empty } from '../answers/empty.tsx'
import { DataTable } from '../lists/data-table.tsx'
import { GrowingList, useList } from '../lists/growing-list.tsx'
import { waybill } from '../waybill.ts'

const recordsAPage = 25

export function RecordsTable({ source, label }: { source: RecordSource; label: string }) {
  const cache = useQueryClient()
  const queryKey = ['records', source]
  const records = useList<DataRecord, RecordsPage<DataRecord>>({
    queryKey,
    read: page => waybill.data.records(source, { ...page, limit: recordsAPage }),
    // Pages of a dataset that changes do not fit together: it is read anew, or left as it is.
    isFrozen: true,
  })
  return (
    <GrowingList
      query={records}
      what="records"
      empty={<Empty title="No records">There is not a single record in it.</Empty>}
    >
      {(rows, pages) => (
        <Stack gap="xs">
          <Group justify="space-between" gap="xs">
            <Text size="sm" c="dimmed">
              {records.hasNextPage ? 'The first ' : ''}
              {formatCount(rows.length, 'record')}
              {pages[0] && `, as of ${formatTime(pages[0].data.as_of)}`}
            </Text>
            <Button size="compact-sm" variant="subtle" onClick={() => void cache.resetQueries({ queryKey })}>
              Read anew
            </Button>
          </Group>
          <DataTable<DataRecord>
            label={label}
            columns={namesIn(rows).map(name => ({ header: name, cell: record => <Value value={record[name]} /> }))}
            rows={rows}
            keyOf={(_, at) => at}
          />
        </Stack>
      )}
    </GrowingList>
  )
}

/** In the order in which they are met: records need not all have the same ones. */
function namesIn(records: readonly DataRecord[]): string[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))]
}

const longest = 120

function Value({ value }: { value: unknown }) {
  if (value === undefined) return null
  if (value === null || value === '') {
    return (
      <Text size="sm" c="dimmed">
        {value === null ? 'null' : 'empty'}
      </Text>
    )
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const isLong = text.length > longest
  return (
    <Text size="sm" title={isLong ? text : undefined} miw={isLong ? 240 : undefined}>
      {isLong ? `${text.slice(0, longest)} …` : text}
    </Text>
  )
}
