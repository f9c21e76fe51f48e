// Stands where a screen would, when its file could not be loaded or it broke: says so, and how to go on.
import { Alert, Button, Container, Stack, Text } from '@mantine/core'
import { useRouteError } from 'react-router'

export function BrokenScreen() {
  const error = useRouteError()
  const isMissingFile = error instanceof TypeError && /import|module|fetch/i.test(error.message)
  return (
    <Container size="sm" py="xl">
      <Alert role="alert" color="red" title={isMissingFile ? 'This screen could not be loaded' : 'This screen broke'}>
        <Stack align="flex-start">
          <Text size="sm">
            {isMissingFile
              ? 'The server is out of reach, or runs a newer version by now. Load the page again.'
              : `Load the page again. What the browser says: ${error instanceof Error ? error.message : String(error)}`}
          </Text>
          <Button onClick={() => location.reload()}>Load the page again</Button>
        </Stack>
      </Alert>
    </Container>
  )
}
