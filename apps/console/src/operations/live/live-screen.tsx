// How the server does at this moment: charts of the last quarter of an hour, its dependencies, and which processes said so.
import '@mantine/charts/styles.css'
import { Alert, Button, Code, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDocumentVisibility } from '@mantine/hooks'
import { useState } from 'react'
import { formatAge, formatCount } from '../../amounts.ts'
import { Answer } from '../../answers/answer.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { StateBadge } from '../../orders/order-words.tsx'
import { Facts } from '../../shell/facts.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { ChartPanel } from './chart-panel.tsx'
import { liveCharts } from './charts-of-live.ts'
import { type History, isCountedOn, type SeenProcess, servicesNotHeardOf } from './history.ts'
import { betweenLooks, useHistory, useReadiness } from './live-queries.ts'

export function LiveScreen() {
  const [isPaused, setPaused] = useState(false)
  const [asTables, setAsTables] = useState(false)
  const history = useHistory({ isPaused })
  const isHidden = useDocumentVisibility() === 'hidden'
  return (
    <Screen
      title="Live"
      lead={
        isPaused
          ? 'Paused: nothing is asked.'
          : isHidden
            ? 'Paused while nobody looks.'
            : `The last 15 minutes, as far as this page has been open. It asks every ${betweenLooks / 1_000} seconds, and pauses while its tab is hidden.`
      }
      actions={
        <>
          <Button variant="default" onClick={() => setAsTables(!asTables)}>
            {asTables ? 'Show charts' : 'Show tables'}
          </Button>
          <Button variant="default" onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
        </>
      }
    >
      {history.error && (
        <Alert color="yellow" title="The figures could not be read">
          The server’s /metrics may be kept from this address, as it should be on the public internet. Then look at them
          in Prometheus, or open the console at an address of the inner network.
        </Alert>
      )}
      <Answer query={history} what="the figures">
        {history => (
          <Stack>
            <Ready isPaused={isPaused} />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {liveCharts.map(chart => (
                <ChartPanel key={chart.title} chart={chart} points={history.points} asTable={asTables} />
              ))}
            </SimpleGrid>
            <Processes history={history} />
          </Stack>
        )}
      </Answer>
    </Screen>
  )
}

const dependencyWords: Record<string, string> = { database: 'Database', broker: 'Broker' }

function Ready({ isPaused }: { isPaused: boolean }) {
  const readiness = useReadiness({ isPaused })
  return (
    <Panel
      title="Ready"
      actions={
        readiness.data && (
          <StateBadge
            look={
              readiness.data.status === 'ready'
                ? { label: 'Ready', color: 'green' }
                : { label: 'Not ready', color: 'red' }
            }
          />
        )
      }
    >
      <Answer query={readiness} what="what the server depends on">
        {({ dependencies }) => (
          <Stack gap="sm">
            <Facts
              facts={Object.entries(dependencies).map(([name, { status }]) => [
                dependencyWords[name] ?? name,
                <StateBadge
                  key={name}
                  look={status === 'up' ? { label: 'Up', color: 'green' } : { label: status, color: 'red' }}
                />,
              ])}
            />
            <Text size="xs" c="dimmed">
              As the one process sees it that answered last.
            </Text>
          </Stack>
        )}
      </Answer>
    </Panel>
  )
}

const columns: Column<SeenProcess>[] = [
  {
    header: 'Process',
    cell: ({ id, pid, startedAt }) => (
      <Stack gap={0}>
        <Text size="sm">
          <Code>{id}</Code> (pid {pid})
        </Text>
        <Text size="xs" c="dimmed">
          Started {formatAge(new Date(startedAt).toISOString())}
        </Text>
      </Stack>
    ),
  },
  { header: 'Services', cell: ({ services }) => services.join(', ') },
  { header: 'Answers', align: 'right', cell: ({ answers }) => answers },
]

function Processes({ history }: { history: History }) {
  const { processes, points } = history
  const now = points.at(-1)?.at ?? 0
  const counted = processes.filter(process => isCountedOn(process, now)).length
  return (
    <Panel title="Where the figures come from">
      <Stack gap="sm">
        <Text size="sm">
          {counted === 1
            ? 'One process has answered in the last minute: rates and latency are its own.'
            : `${formatCount(counted, 'process', 'processes')} have answered in the last minute: rates are added up, each from two answers of the same process.`}{' '}
          Behind a load balancer there may be others that have not answered yet. What waits and what is dead comes from
          the databases, and is that of all processes of these services.
        </Text>
        <NotHeardOf services={servicesNotHeardOf(history)} />
        <DataTable
          plain
          label="Processes that have answered"
          columns={columns}
          rows={processes}
          keyOf={({ id }) => id}
        />
      </Stack>
    </Panel>
  )
}

/** Behind a load balancer that leads /metrics to one service, the others are never heard of. */
function NotHeardOf({ services }: { services: string[] }) {
  if (services.length === 0) return null
  return (
    <Alert color="yellow" title={`Not heard of in the last minute: ${services.join(', ')}`}>
      What waits and is dead in {services.length === 1 ? 'this service' : 'these services'}, and the requests to{' '}
      {services.length === 1 ? 'it' : 'them'}, are in none of the charts. Where the address of this console leads
      /metrics to other services alone, look at Prometheus.
    </Alert>
  )
}
