// The frame of the screens before one is signed in: a card in the middle, with what this place is.
import { Paper, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Screen } from '../shell/screen.tsx'
import classes from './front-door.module.css'

export function FrontDoor({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <div className={classes.place}>
      <Paper withBorder shadow="sm" p={{ base: 'md', xs: 'xl' }}>
        <Screen title={title} lead={lead}>
          {children}
        </Screen>
      </Paper>
      <Stack gap={0} mt="lg" ta="center">
        <Text size="sm" c="dimmed">
          Waybill exports your data from the cloud it lives in: order, pay, download.
        </Text>
      </Stack>
    </div>
  )
}
