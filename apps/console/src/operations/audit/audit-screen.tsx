// Checking the books: whether money, orders, processes and deliveries of a window of time agree.
import { Alert, Anchor, Button, Group, Progress, Stack, Text, TextInput } from '@mantine/core'
import type { Violation } from '@waybill/sdk'
import { useState } from 'react'
import { Link } from 'react-router'
import { formatCount, formatTime } from '../../amounts.ts'
import { fieldErrorsOf } from '../../answers/field-errors.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { auditRuleWords } from './audit-rules.ts'
import { type AuditRun, useAudit } from './use-audit.ts'

const windows = [
  { label: 'Last hour', hours: 1 },
  { label: 'Last day', hours: 24 },
  { label: 'Last week', hours: 168 },
  { label: 'Last 30 days', hours: 720 },
]

/** As `datetime-local` has it: in the reader's own time zone, to the minute. */
function localMinute(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The end is the next minute: what was ordered in this one belongs to it. */
function lastHours(hours: number) {
  const now = Date.now()
  return { since: localMinute(now - hours * 3_600_000), until: localMinute(now + 60_000) }
}

export function AuditScreen() {
  const [window, setWindow] = useState(() => lastHours(24))
  const { run, begin, goOn, stop } = useAudit()
  const isWhole = window.since !== '' && window.until !== '' && window.since < window.until
  const set = (field: keyof typeof window) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const { value } = event.currentTarget
    setWindow(before => ({ ...before, [field]: value }))
  }
  const errors = fieldErrorsOf(run?.error)
  return (
    <Screen
      title="Audit"
      lead="Compares every order of a window of time with its payment, process, export and events, across all services. It changes nothing."
    >
      <Panel title="Window">
        <form
          onSubmit={event => {
            event.preventDefault()
            if (isWhole)
              begin({ since: new Date(window.since).toISOString(), until: new Date(window.until).toISOString() })
          }}
        >
          <Stack>
            <Group gap="xs">
              {windows.map(({ label, hours }) => (
                <Button key={label} size="xs" variant="default" onClick={() => setWindow(lastHours(hours))}>
                  {label}
                </Button>
              ))}
            </Group>
            <Group align="flex-start">
              <TextInput
                label="Orders placed since"
                type="datetime-local"
                required
                withAsterisk={false}
                value={window.since}
                onChange={set('since')}
                error={errors.since}
              />
              <TextInput
                label="and before"
                type="datetime-local"
                required
                withAsterisk={false}
                value={window.until}
                onChange={set('until')}
                error={errors.until ?? (isWhole ? undefined : 'This must be after the beginning.')}
              />
            </Group>
            <Group>
              <Button type="submit" disabled={!isWhole} loading={run?.state === 'running'}>
                Audit
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
      {run && <Result run={run} goOn={goOn} stop={stop} />}
    </Screen>
  )
}

function Result({ run, goOn, stop }: { run: AuditRun; goOn: () => void; stop: () => void }) {
  const { state, checked, answers, violations, error } = run
  const orders = formatCount(checked, 'order')
  return (
    <Panel title="Result">
      <Stack>
        <Text size="sm" c="dimmed">
          {formatTime(run.window.since)} to {formatTime(run.window.until)}
        </Text>
        {state === 'failed' && <Trouble error={error} again={goOn} />}
        {state === 'running' && (
          <Stack gap="xs">
            <Progress value={100} animated aria-label="The audit is under way" />
            <Group justify="space-between">
              <Text size="sm" role="status">
                {answers === 0 ? 'Under way …' : `${orders} checked in ${formatCount(answers, 'part')}, going on …`}
              </Text>
              <Button size="xs" variant="default" onClick={stop}>
                Stop
              </Button>
            </Group>
          </Stack>
        )}
        {state === 'stopped' && (
          <Alert role="status" color="yellow" title={`Stopped after ${orders}`}>
            <Button size="xs" variant="default" onClick={goOn}>
              Go on from here
            </Button>
          </Alert>
        )}
        {state === 'finished' && (
          <Alert
            role="status"
            color={violations.length === 0 ? 'green' : 'red'}
            title={violations.length === 0 ? 'The books agree' : formatCount(violations.length, 'violation')}
          >
            {orders} checked{answers > 1 && `, in ${formatCount(answers, 'part')}`}.{' '}
            {checked === 0 && 'Nothing was ordered in this window.'}
          </Alert>
        )}
        {violations.length > 0 && <Violations violations={violations} />}
      </Stack>
    </Panel>
  )
}

const columns: Column<Violation>[] = [
  {
    header: 'What is wrong',
    cell: ({ rule, detail }) => (
      <Stack gap={0}>
        <Text size="sm" fw={600}>
          {auditRuleWords[rule] ?? rule}
        </Text>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {detail} ({rule})
        </Text>
      </Stack>
    ),
  },
  {
    header: 'Order',
    cell: ({ order_id }) =>
      order_id === null ? (
        'None'
      ) : (
        <Anchor component={Link} to={`/orders/${order_id}`} underline="always" title={order_id}>
          Order {order_id.slice(-6)}
        </Anchor>
      ),
  },
]

function Violations({ violations }: { violations: Violation[] }) {
  return (
    <Stack gap="xs">
      <Text size="sm">
        Audit once more before you act: what was only on its way is gone then. What is left must not happen, and is a
        defect until it is explained.
      </Text>
      <DataTable plain label="Violations" columns={columns} rows={violations} keyOf={(_, at) => at} />
    </Stack>
  )
}
