// Messages that were tried five times and given up: what they were, why they failed, and trying them once more.
import { Alert, Button, Code, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { DeadLetter } from '@waybill/sdk'
import { useState } from 'react'
import { formatAge, formatCount, formatMoment } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { Trouble } from '../../answers/trouble.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import classes from './dead-letters.module.css'
import { Subject } from './outbox-screen.tsx'
import { type Outcome, outcomeOfReplay } from './outcome-of-replay.ts'
import { serviceOptions, services } from './service-filter.ts'

const betweenLooks = 15_000

export function DeadLettersScreen() {
  const service = useFilter('service', services)
  const [handled, setHandled] = useState<DeadLetter[]>([])
  const letters = useList({
    queryKey: ['dead-letters', service],
    read: page => waybill.desk.deadLetters({ ...page, service }),
    refetchInterval: betweenLooks,
  })
  return (
    <Screen
      title="Dead letters"
      lead="Messages that could not be handled in five tries, of the services that the answering process runs. What they should have set off has not happened: mend what the error names, then replay them."
    >
      <StateFilter label="Service" name="service" all="All services" options={serviceOptions} />
      {handled.map(({ id, event_type }) => (
        <Alert
          key={id}
          role="status"
          color="green"
          title={`${event_type} was handled`}
          withCloseButton
          closeButtonLabel="Close"
          onClose={() => setHandled(before => before.filter(letter => letter.id !== id))}
        >
          It is no dead letter any more. What it sets off goes on by itself.
        </Alert>
      ))}
      <GrowingList
        query={letters}
        what="dead letters"
        empty={
          <Empty title="No dead letters">Every message was handled. This page looks again every few seconds.</Empty>
        }
      >
        {rows => (
          <Stack>
            {rows.map(letter => (
              <Letter key={letter.id} letter={letter} onHandled={() => setHandled(before => [letter, ...before])} />
            ))}
          </Stack>
        )}
      </GrowingList>
    </Screen>
  )
}

function Letter({ letter, onHandled }: { letter: DeadLetter; onHandled: () => void }) {
  const { id, service, event_type, event, error, tries, created_at, updated_at } = letter
  const [isShown, setShown] = useState(false)
  const cache = useQueryClient()
  const replaying = useMutation({
    mutationFn: async (): Promise<Outcome> => {
      await waybill.desk.replayDeadLetter(id)
      return outcomeOfReplay(waybill, letter)
    },
    async onSuccess(outcome) {
      if (outcome.kind === 'handled') onHandled()
      await cache.invalidateQueries({ queryKey: ['dead-letters'] })
    },
  })
  const { data: outcome } = replaying
  return (
    <Paper withBorder p="md" component="article" aria-labelledby={`letter-${id}`}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div>
            <Title order={2} size="h5" id={`letter-${id}`}>
              {event_type}
            </Title>
            <Text size="sm" c="dimmed">
              for {service} · {formatCount(tries, 'try', 'tries')} · last {formatAge(updated_at)}
              {typeof event.subject === 'string' && (
                <>
                  {' '}
                  · <Subject eventType={event_type} subject={event.subject} />
                </>
              )}
            </Text>
          </div>
          <Group gap="xs">
            <Button size="xs" variant="default" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
              {isShown ? 'Hide the message' : 'Show the message'}
            </Button>
            <Button
              size="xs"
              loading={replaying.isPending}
              aria-label={`Replay ${event_type} for ${service}`}
              onClick={() => replaying.mutate()}
            >
              Replay
            </Button>
          </Group>
        </Group>
        <Code block className={classes.error}>
          {error}
        </Code>
        {replaying.isError && <Trouble error={replaying.error} again={() => replaying.mutate()} />}
        {outcome?.kind === 'failed' && (
          <Alert role="status" color="red" title="It failed again">
            {formatMoment(outcome.at)}, after {formatCount(outcome.tries, 'try', 'tries')}. The error above is the new
            one.
          </Alert>
        )}
        {isShown && (
          <>
            <Text size="xs" c="dimmed">
              Given up {formatMoment(created_at)}
            </Text>
            {/* Whoever has no mouse scrolls it with the arrow keys. */}
            <Code block tabIndex={0} role="region" aria-label={`Message ${event_type}`} className={classes.message}>
              {JSON.stringify(event, undefined, 2)}
            </Code>
          </>
        )}
      </Stack>
    </Paper>
  )
}
