// Where an order is, why, what comes next, and what may be done about it: the head of its page, as it changes.
import { Alert, Badge, Group, Paper, Progress, Stack, Text, VisuallyHidden } from '@mantine/core'
import type { Explanation, Order, Trouble as TroubleOfOrder } from '@waybill/sdk'
import { Loading } from '../answers/loading.tsx'
import { plainly } from '../answers/plainly.ts'
import { sentence } from '../answers/sentence.ts'
import { Trouble } from '../answers/trouble.tsx'
import { Facts } from '../shell/facts.tsx'
import { Icon, type IconName } from '../shell/icon.tsx'
import { Countdown, DueSentence } from './countdown.tsx'
import { OrderActions } from './order-actions.tsx'
import classes from './order-now.module.css'
import { useTelling } from './order-queries.ts'
import { orderLooks, serviceWords } from './order-words.tsx'
import type { FollowedExplanation } from './use-explanation.ts'

export interface OrderNowProps {
  order: Order
  followed: FollowedExplanation
}

export function OrderNow({ order, followed }: OrderNowProps) {
  const { explanation, error, again } = followed
  const trouble = error !== undefined && <Trouble error={error} again={again} />
  if (!explanation) return trouble || <Loading what="where the order is" />
  return (
    <>
      {trouble}
      <Known order={order} followed={followed} explanation={explanation} />
    </>
  )
}

function Known({ order, followed, explanation }: OrderNowProps & { explanation: Explanation }) {
  const { state, summary, next, next_at, ended, percentage, trouble } = explanation
  const look = lookOf(explanation)
  const tell = useTelling(order)
  return (
    <Paper
      withBorder
      component="section"
      aria-label="Where the order is"
      className={classes.now}
      style={{ '--look': `var(--mantine-color-${look.color}-filled)` }}
    >
      <Group align="flex-start" wrap="nowrap" gap="md">
        <span className={classes.sign}>
          <Icon name={look.icon} size={22} />
        </span>
        <Stack gap="sm" flex={1} miw={0}>
          <div>
            <Text fw={650} size="lg" lh={1.35} className={classes.words}>
              {sentence(plainly(tell(summary)))}
            </Text>
            <Text mt={4} className={classes.words} c={ended ? 'dimmed' : undefined} component="div">
              {ended ? (
                'Nothing more will happen by itself.'
              ) : (
                <>
                  <strong>Next:</strong> <DueSentence text={tell(next)} due={next_at} />
                </>
              )}
            </Text>
          </div>
          {state === 'confirmed' && (
            <Progress
              value={percentage}
              size="lg"
              color={trouble ? 'orange' : undefined}
              animated={!trouble}
              aria-label="Progress of the export"
            />
          )}
          {trouble && <InTrouble trouble={trouble} />}
          <OrderActions order={order} actions={explanation.actions} again={followed.again} />
          {!followed.isConnected && <Lost />}
        </Stack>
      </Group>
      <VisuallyHidden role="status">{announcementOf(explanation, followed.isConnected)}</VisuallyHidden>
    </Paper>
  )
}

function lookOf({ state, trouble, ended }: Explanation): { icon: IconName; color: string } {
  if (trouble) return { icon: 'warning', color: 'orange' }
  if (state === 'delivered') return { icon: 'check', color: 'green' }
  if (state === 'cancelled') return { icon: 'cross', color: 'gray' }
  return { icon: ended || state === 'created' ? 'clock' : 'running', color: 'indigo' }
}

/** Short, and the same while only percentages and seconds change: a screen reader speaks it whenever it becomes another. */
function announcementOf({ state, trouble, ended }: Explanation, isConnected: boolean): string {
  if (!isConnected) return 'The connection is lost.'
  if (!trouble) return `${orderLooks[state].label}.${ended ? ' Nothing more will happen by itself.' : ''}`
  const { service, step, attempt } = trouble
  return `Trouble in the ${service} service: attempt ${attempt} to ${step} failed.`
}

function InTrouble({ trouble }: { trouble: TroubleOfOrder }) {
  const { service, step, error, attempt, next_attempt_at } = trouble
  return (
    <section aria-label="Trouble" className={classes.trouble}>
      <Group gap="xs" mb="xs">
        <Icon name="cross" size={16} />
        <Text fw={650} size="sm">
          What keeps it from going on
        </Text>
        <Badge variant="default" tt="none">
          Attempt {attempt}
        </Badge>
      </Group>
      <Facts
        facts={[
          ['Service', serviceWords[service] ?? service],
          ['Step', step],
          ...(error === null ? [] : [['Error', plainly(error)] as const]),
          [
            'Next attempt',
            next_attempt_at === null ? (
              'Not by itself, or it is being made'
            ) : (
              <Countdown key="next" at={next_attempt_at} />
            ),
          ],
        ]}
      />
    </section>
  )
}

function Lost() {
  return (
    <Alert color="orange" icon={<Icon name="warning" size={18} />} title="The connection is lost" p="sm">
      What you see may be old. It goes on here by itself as soon as the server answers; your order goes on anyway.
    </Alert>
  )
}
