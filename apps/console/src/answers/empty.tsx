// The one way to say that there is nothing yet, and what to do next.
import { Button, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

export interface EmptyProps {
  title: string
  children: ReactNode
  next?: { label: string; to: string } | { label: string; onClick: () => void }
}

export function Empty({ title, children, next }: EmptyProps) {
  return (
    <Paper withBorder p="xl" ta="center">
      <Stack align="center" gap="xs">
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed" maw={480}>
          {children}
        </Text>
        {next && 'to' in next && (
          <Button mt="sm" component={Link} to={next.to}>
            {next.label}
          </Button>
        )}
        {next && 'onClick' in next && (
          <Button mt="sm" onClick={next.onClick}>
            {next.label}
          </Button>
        )}
      </Stack>
    </Paper>
  )
}
