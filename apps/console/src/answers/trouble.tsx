// The one way to show what went wrong: what it was, what to do about it, and the id by which those who run the server find it.
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { isWaybillError } from '@waybill/sdk'
import { Link } from 'react-router'
import { type Advice, adviceFor } from './advice.ts'
import { plainly } from './plainly.ts'
import { sentence } from './sentence.ts'

export interface TroubleProps {
  error: unknown
  /** Asks again; offered where the same may succeed later. */
  again?: () => unknown
}

export function Trouble({ error, again }: TroubleProps) {
  const { title, detail, advice, link, requestId, isRetryable } = describe(error)
  return (
    <Alert role="alert" color="red" title={title}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{detail}</Text>
        {advice && <Text size="sm">{advice}</Text>}
        {(link || (again && isRetryable)) && (
          <Group gap="xs">
            {again && isRetryable && (
              <Button size="xs" onClick={() => again()}>
                Try again
              </Button>
            )}
            {link && (
              <Button size="xs" variant="default" component={Link} to={link.to}>
                {link.label}
              </Button>
            )}
          </Group>
        )}
        {requestId && (
          <Text size="xs" c="dimmed">
            Request <Code>{requestId}</Code>
          </Text>
        )}
      </Stack>
    </Alert>
  )
}

interface Described extends Advice {
  title: string
  detail: string
  requestId?: string
  isRetryable: boolean
}

function describe(error: unknown): Described {
  if (!isWaybillError(error)) {
    const detail = error instanceof Error ? error.message : String(error)
    return { title: 'Something went wrong on this page', detail, advice: 'Load the page again.', isRetryable: true }
  }
  // No form has such a field: it stands in the address of the screen.
  const isMistyped = error.errors.length > 0 && error.errors.every(({ field }) => field === 'id')
  if (isMistyped) {
    return {
      title: 'This address leads nowhere',
      detail: 'It may be mistyped.',
      link: { to: '/', label: 'To the start' },
      requestId: error.requestId,
      isRetryable: false,
    }
  }
  return {
    title: error.title ?? 'No answer from the server',
    detail: sentence(plainly(error.message)),
    requestId: error.requestId,
    isRetryable: error.retryable,
    ...adviceFor(error.code),
  }
}
