// One cloud: trying it, what it costs, how it hands data out, whether users may take it, and its settings.
import { Alert, Anchor, Button, Group, MultiSelect, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Cloud, CloudChanges } from '@waybill/sdk'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { formatCount } from '../../amounts.ts'
import { Answer } from '../../answers/answer.tsx'
import { Empty } from '../../answers/empty.tsx'
import { sentence } from '../../answers/sentence.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { type CloudOffer, useCloudOffers } from '../../clouds/offers.ts'
import { StateBadge } from '../../orders/order-words.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { enabledLook } from './all-clouds-screen.tsx'
import { driverLabel, fieldsOf, settingsFrom, type TypedSettings } from './cloud-drivers.ts'
import { ModeChoice, modeMeanings } from './mode-choice.tsx'
import { PriceEditor } from './price-editor.tsx'
import { isToldAtFields, SettingFields } from './setting-fields.tsx'

export function OneCloudScreen() {
  const { name = '' } = useParams()
  const clouds = useCloudOffers()
  const known = clouds.data?.find(cloud => cloud.name === name)
  return (
    <Screen key={name} title={name} lead={known && <About cloud={known} />}>
      <Answer query={clouds} what="the cloud">
        {() =>
          known ? (
            <Stack maw={720}>
              <Check cloud={known} />
              <Panel title="Price">
                <PriceEditor cloud={name} price={known.price} />
              </Panel>
              <Mode cloud={known} />
              <Availability cloud={known} />
              <Settings cloud={known} />
            </Stack>
          ) : (
            <Empty title="There is no such cloud" next={{ label: 'All clouds', to: '/operations/clouds' }}>
              Its name may be mistyped.
            </Empty>
          )
        }
      </Answer>
    </Screen>
  )
}

function About({ cloud }: { cloud: CloudOffer }) {
  return (
    <>
      <StateBadge look={enabledLook(cloud.enabled)} /> {driverLabel(cloud.driver)} ·{' '}
      <Anchor component={Link} to="/operations/clouds" underline="always">
        All clouds
      </Anchor>
    </>
  )
}

function useChange(cloud: Cloud, told: (changed: Cloud) => string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: async (changes: CloudChanges | (() => CloudChanges)) =>
      waybill.clouds.change(cloud.name, typeof changes === 'function' ? changes() : changes),
    async onSuccess(changed) {
      await cache.invalidateQueries({ queryKey: ['cloud-offers'] })
      notifications.show({ title: changed.name, message: told(changed) })
    },
  })
}

function Check({ cloud }: { cloud: Cloud }) {
  const checking = useMutation({
    mutationFn: () => waybill.clouds.check(cloud.name, { timeout: 40_000 }),
  })
  const { data: found } = checking
  return (
    <Panel title="Check">
      <Stack align="flex-start">
        {checking.isError && <Trouble error={checking.error} again={() => checking.mutate()} />}
        <Text size="sm">Logs in with the settings that are kept, and lists the datasets of your own account.</Text>
        <Button loading={checking.isPending} onClick={() => checking.mutate()}>
          Check {cloud.name}
        </Button>
        {found && !checking.isPending && (
          <Alert
            w="100%"
            role="status"
            color={found.ok ? 'green' : 'red'}
            title={found.ok ? 'It works' : 'It does not work'}
          >
            {sentence(found.detail)}
            {found.datasets !== null && ` Your account sees ${formatCount(found.datasets, 'dataset')}.`}
          </Alert>
        )}
      </Stack>
    </Panel>
  )
}

function Mode({ cloud }: { cloud: Cloud }) {
  const [mode, setMode] = useState(cloud.mode)
  const changing = useChange(cloud, ({ mode }) => `Data comes ${modeMeanings[mode].label.toLowerCase()} from now on.`)
  return (
    <Panel title="Handing out">
      <Stack align="flex-start">
        {changing.isError && <Trouble error={changing.error} />}
        <ModeChoice value={mode} onChange={setMode} />
        <Button disabled={mode === cloud.mode} loading={changing.isPending} onClick={() => changing.mutate({ mode })}>
          {mode === cloud.mode ? 'Choose the other to change' : `Hand out ${modeMeanings[mode].label.toLowerCase()}`}
        </Button>
      </Stack>
    </Panel>
  )
}

function Availability({ cloud }: { cloud: Cloud }) {
  const { name, enabled } = cloud
  const changing = useChange(cloud, changed =>
    changed.enabled
      ? 'Users may take it.'
      : enabled
        ? 'Nobody may take it.'
        : 'It is on, but has no settings yet: fill them in.',
  )
  const ask = () =>
    modals.openConfirmModal({
      title: `Switch ${name} off?`,
      children: (
        <Text size="sm">
          Nobody can register with it, look at data in it, or have new exports from it: new orders end cancelled, and
          nothing is charged. Exports under way are finished, and what was delivered stays. It can be switched on again.
        </Text>
      ),
      labels: { confirm: 'Switch it off', cancel: 'Leave it on' },
      confirmProps: { color: 'red' },
      onConfirm: () => changing.mutate({ enabled: false }),
    })
  return (
    <Panel title="Availability">
      <Stack align="flex-start">
        {changing.isError && <Trouble error={changing.error} />}
        <Text size="sm">
          {enabled
            ? 'Users may register with it, read from it and order.'
            : 'It is switched off, or its settings are missing.'}
        </Text>
        <Button
          variant="default"
          loading={changing.isPending}
          onClick={() => (enabled ? ask() : changing.mutate({ enabled: true }))}
        >
          {enabled ? 'Switch off' : 'Switch on'}
        </Button>
      </Stack>
    </Panel>
  )
}

function Settings({ cloud }: { cloud: Cloud }) {
  const [typed, setTyped] = useState<TypedSettings>({})
  const [removed, setRemoved] = useState<string[]>([])
  const changing = useChange(cloud, () => 'The new settings are kept. Check them.')
  const removable = fieldsOf(cloud.driver).filter(({ required, name }) => !required && name !== '')
  const isUntouched = removed.length === 0 && Object.values(typed).every(text => text.trim() === '')
  const save = () =>
    changing.mutate(
      () => ({
        settings: { ...settingsFrom(cloud.driver, typed), ...Object.fromEntries(removed.map(name => [name, null])) },
      }),
      {
        onSuccess() {
          setTyped({})
          setRemoved([])
        },
      },
    )
  return (
    <Panel title="Settings">
      <form
        onSubmit={event => {
          event.preventDefault()
          save()
        }}
      >
        <Stack align="stretch">
          {changing.isError && !isToldAtFields(cloud.driver, changing.error) && <Trouble error={changing.error} />}
          <Text size="sm">
            What is kept is never shown again, secret or not. Type what is to change; what you leave empty stays as it
            is.
          </Text>
          <SettingFields driver={cloud.driver} typed={typed} onChange={setTyped} error={changing.error} isChange />
          {removable.length > 0 && (
            <MultiSelect
              label="Take away"
              description="Settings that are to be no longer there."
              placeholder={removed.length === 0 ? 'None' : undefined}
              data={removable.map(({ name, label }) => ({ value: name, label }))}
              value={removed}
              onChange={setRemoved}
            />
          )}
          <Group>
            <Button type="submit" disabled={isUntouched} loading={changing.isPending}>
              Save the settings
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}
