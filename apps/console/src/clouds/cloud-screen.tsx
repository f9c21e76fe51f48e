// Choosing the cloud that one's data lives in, or another one.
import { Alert, Button, Group, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { Answer } from '../answers/answer.tsx'
import { Trouble } from '../answers/trouble.tsx'
import { useMe } from '../session/session.ts'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'
import { CloudChoice } from './cloud-choice.tsx'

export function CloudScreen() {
  const me = useMe()
  return (
    <Screen title="Your cloud" lead="Where your data lives, and what an export from there costs.">
      <Answer query={me} what="your account">
        {({ cloud }) => <ChangeCloud current={cloud} />}
      </Answer>
    </Screen>
  )
}

function ChangeCloud({ current }: { current: string | null }) {
  const [chosen, setChosen] = useState(current ?? undefined)
  const navigate = useNavigate()
  const cache = useQueryClient()
  const registering = useMutation({
    mutationFn: (name: string) => waybill.me.registerCloud(name),
    async onSuccess(user) {
      cache.setQueryData(['me'], user)
      cache.removeQueries({ queryKey: ['datasets'] })
      cache.removeQueries({ queryKey: ['records'] })
      notifications.show({ title: `Your cloud is ${user.cloud}`, message: 'Data and orders are from there now.' })
      await navigate('/datasets')
    },
  })
  return (
    <Stack maw={640}>
      {current === null && (
        <Alert role="status" color="indigo" title="You have not chosen a cloud yet">
          Choose the one that your data lives in to look at it and to order exports.
        </Alert>
      )}
      {registering.isError && <Trouble error={registering.error} />}
      <CloudChoice
        label="Clouds"
        description={
          current ? `You are registered with ${current}. Orders that are under way stay where they are.` : undefined
        }
        value={chosen}
        onChange={setChosen}
      />
      <Group>
        <Button
          disabled={chosen === undefined || chosen === current}
          loading={registering.isPending}
          onClick={() => chosen && registering.mutate(chosen)}
        >
          {chosen === undefined
            ? 'Choose a cloud'
            : chosen === current
              ? 'Choose another cloud to change'
              : `Use ${chosen}`}
        </Button>
      </Group>
    </Stack>
  )
}
