// The one way to wait: says what for, says when it takes long, and gives up with a sentence instead of turning for ever.
import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'

/** Milliseconds; every call of the client is over before the last. */
const longAfter = 5_000
const hopelessAfter = 45_000

export function Loading({ what }: { what: string }) {
  const patience = usePatience()
  if (patience === 'over') {
    return (
      <Alert role="alert" color="red" title={`No answer about ${what}`}>
        <Stack align="flex-start">
          <Text>Nothing came within {hopelessAfter / 1_000} seconds. Load the page again to ask once more.</Text>
          <Button onClick={() => location.reload()}>Load the page again</Button>
        </Stack>
      </Alert>
    )
  }
  return (
    <Group role="status" justify="center" py="xl" gap="sm">
      <Loader size="sm" aria-hidden />
      <Text>Loading {what} …</Text>
      {patience === 'short' && <Text c="dimmed">This takes longer than usual.</Text>}
    </Group>
  )
}

function usePatience(): 'enough' | 'short' | 'over' {
  const [patience, setPatience] = useState<'enough' | 'short' | 'over'>('enough')
  useEffect(() => {
    const timers = [
      setTimeout(() => setPatience('short'), longAfter),
      setTimeout(() => setPatience('over'), hopelessAfter),
    ]
    return () => timers.forEach(clearTimeout)
  }, [])
  return patience
}
