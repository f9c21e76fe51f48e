// The secret that callbacks are signed with: shown when asked for, copied, replaced.
import { Button, Code, CopyButton, Group, List, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Trouble } from '../answers/trouble.tsx'
import { Icon } from '../shell/icon.tsx'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'

export function CallbacksScreen() {
  return (
    <Screen title="Callbacks" lead="Your server hears when an order ends, instead of asking.">
      <Stack maw={720}>
        <HowItWorks />
        <Secret />
      </Stack>
    </Screen>
  )
}

function HowItWorks() {
  return (
    <Panel title="How it works">
      <List size="sm" spacing="xs">
        <List.Item>
          Name an address of yours, beginning with <Code>https://</Code>, when you order. It is called when the order
          ends.
        </List.Item>
        <List.Item>
          Each call is signed by Standard Webhooks, in the headers <Code>webhook-id</Code>,{' '}
          <Code>webhook-timestamp</Code> and <Code>webhook-signature</Code>. Check the signature with your secret before
          you believe what it says.
        </List.Item>
        <List.Item>
          Answer with a status of 2xx within 10 seconds. Else it is tried again after 5 s, 30 s, 2 min, 10 min, 1 h and
          6 h. The page of the order shows every attempt.
        </List.Item>
      </List>
    </Panel>
  )
}

function Secret() {
  const [secret, setSecret] = useState<string>()
  const showing = useMutation({ mutationFn: () => waybill.callbacks.secret(), onSuccess: setSecret })
  const rotating = useMutation({
    mutationFn: () => waybill.callbacks.rotateSecret(),
    onSuccess(fresh) {
      setSecret(fresh)
      notifications.show({ title: 'New secret', message: 'For 24 hours the old one signs, too.' })
    },
  })
  const error = rotating.error ?? showing.error
  const askToRotate = () =>
    modals.openConfirmModal({
      title: 'Make a new secret?',
      children: (
        <Text size="sm">
          For 24 hours callbacks carry a signature of the old secret and one of the new. Within that time, put the new
          one where your server checks signatures.
        </Text>
      ),
      labels: { confirm: 'Make a new secret', cancel: 'Keep the old one' },
      onConfirm: () => rotating.mutate(),
    })
  return (
    <Panel title="Your secret">
      <Stack align="flex-start">
        <Text size="sm" c="dimmed">
          Whoever knows it can pretend to be Waybill to your server. Keep it where you keep passwords.
        </Text>
        {error && <Trouble error={error} again={rotating.isError ? askToRotate : () => showing.mutate()} />}
        {secret !== undefined && (
          <Code block w="100%" aria-label="Secret" role="group">
            {secret}
          </Code>
        )}
        <Group gap="sm">
          {secret === undefined ? (
            <Button loading={showing.isPending} onClick={() => showing.mutate()}>
              Show the secret
            </Button>
          ) : (
            <>
              <CopyButton value={secret}>
                {({ copied, copy }) => (
                  <Button onClick={copy} leftSection={<Icon name={copied ? 'check' : 'copy'} size={16} />}>
                    {copied ? 'Copied' : 'Copy'}
                  </Button>
                )}
              </CopyButton>
              <Button variant="default" onClick={() => setSecret(undefined)}>
                Hide
              </Button>
            </>
          )}
          <Button variant="default" loading={rotating.isPending} onClick={askToRotate}>
            Make a new secret
          </Button>
        </Group>
      </Stack>
    </Panel>
  )
}
