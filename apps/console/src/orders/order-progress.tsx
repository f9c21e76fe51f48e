// How far the export of an order is, as it happens.
import { Group, Progress, Stack, Text } from '@mantine/core'
import type { Order } from '@waybill/sdk'
import { formatDuration } from '../amounts.ts'
import { Trouble } from '../answers/trouble.tsx'
import { Panel } from '../shell/panel.tsx'
import { useFollowedProcess } from './order-queries.ts'
import { processLooks, StateBadge, wordsOf } from './order-words.tsx'

export function OrderProgress({ order }: { order: Order }) {
  const { process, error, again } = useFollowedProcess(order.process_id, order.id)
  if (!process && !error) return null
  return (
    <Panel title="Progress" actions={process && <StateBadge look={processLooks[process.state]} />}>
      <Stack gap="xs">
        {error !== undefined && <Trouble error={error} again={again} />}
        {process && (
          <>
            <Progress
              value={process.percentage}
              size="lg"
              color={process.status === 2 ? 'red' : process.status === 1 ? 'green' : undefined}
              animated={process.status === 0}
              aria-label="Progress of the export"
            />
            <Group justify="space-between" gap="xs">
              <Text size="sm" role="status">
                {wordsOf(process)}
              </Text>
              <Text size="sm" c="dimmed">
                {process.percentage} %
                {process.eta_seconds !== null && `, about ${formatDuration(process.eta_seconds)} to go`}
              </Text>
            </Group>
          </>
        )}
      </Stack>
    </Panel>
  )
}
