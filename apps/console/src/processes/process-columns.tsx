// What a list of processes shows of each, whoever looks at it.
import { Anchor, Box, Group, Progress, Stack, Text } from '@mantine/core'
import type { Process } from '@waybill/sdk'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { formatAge, formatTime } from '../amounts.ts'
import type { Column } from '../lists/data-table.tsx'
import { processLooks, StateBadge, wordsOf } from '../orders/order-words.tsx'

export const processStates = ['under_process', 'success', 'failure'] as const satisfies Process['state'][]
export const statusOf = { under_process: 0, success: 1, failure: 2 } as const

/** `more` stands below the time and the age. */
export function processColumns(more?: (process: Process) => ReactNode): Column<Process>[] {
  return [
    {
      header: 'Process',
      cell: process => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/orders/${process.order_id}`} fw={600}>
            {formatTime(process.created_at)}
          </Anchor>
          <Text size="xs" c="dimmed">
            {formatAge(process.created_at)} · {wordsOf(process)}
          </Text>
          {more?.(process)}
          <Box hiddenFrom="xs" mt={4}>
            <StateBadge look={processLooks[process.state]} />
          </Box>
        </Stack>
      ),
    },
    { header: 'Status', wideOnly: true, cell: process => <StateBadge look={processLooks[process.state]} /> },
    {
      header: 'Done',
      wideOnly: true,
      cell: ({ percentage, process_id }) => (
        <Group gap="xs" wrap="nowrap">
          <Progress value={percentage} w={100} aria-label={`Process ${process_id}`} />
          <Text size="sm">{percentage} %</Text>
        </Group>
      ),
    },
  ]
}
