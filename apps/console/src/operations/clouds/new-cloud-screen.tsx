// Adding a cloud: its name, its driver, how it hands data out, and what the driver needs to know.
import { Button, NativeSelect, Stack, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { CloudMode } from '@waybill/sdk'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { fieldErrorsOf } from '../../answers/field-errors.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { cloudDrivers, settingsFrom, type TypedSettings } from './cloud-drivers.ts'
import { ModeChoice } from './mode-choice.tsx'
import { isToldAtFields, SettingFields } from './setting-fields.tsx'

const other = ''

export function NewCloudScreen() {
  const [name, setName] = useState('')
  const [listed, setListed] = useState('aws')
  const [named, setNamed] = useState('')
  const [mode, setMode] = useState<CloudMode>('immediate')
  const [typed, setTyped] = useState<TypedSettings>({})
  const driver = listed === other ? named : listed
  const navigate = useNavigate()
  const cache = useQueryClient()
  const adding = useMutation({
    mutationFn: async () => {
      const settings = settingsFrom(driver, typed)
      // A driver that needs no settings takes none.
      return waybill.clouds.add({ name, driver, mode, ...(Object.keys(settings).length > 0 ? { settings } : {}) })
    },
    async onSuccess(cloud) {
      await cache.invalidateQueries({ queryKey: ['cloud-offers'] })
      notifications.show({ title: `${cloud.name} is added`, message: 'Check it, and give it a price.' })
      await navigate(`/operations/clouds/${cloud.name}`)
    },
  })
  const errors = fieldErrorsOf(adding.error)
  const isTold = isToldAtFields(driver, adding.error) || errors.name !== undefined || errors.driver !== undefined
  return (
    <Screen title="Add a cloud" lead="A row that names its driver, how it hands data out, and its settings.">
      <form
        onSubmit={event => {
          event.preventDefault()
          adding.mutate()
        }}
      >
        <Stack maw={720}>
          {adding.isError && !isTold && <Trouble error={adding.error} />}
          <Panel title="Cloud">
            <Stack>
              <TextInput
                label="Name"
                description="What users choose: capital letters, digits, - and _, a letter first. It stays."
                placeholder="ARCHIVE"
                required
                withAsterisk={false}
                maxLength={40}
                value={name}
                onChange={event => setName(event.currentTarget.value.toUpperCase())}
                error={errors.name}
              />
              <NativeSelect
                label="Driver"
                description="The software that speaks to it."
                value={listed}
                data={[
                  ...Object.entries(cloudDrivers).map(([value, { label }]) => ({ value, label })),
                  { value: other, label: 'Another driver, of your own' },
                ]}
                onChange={event => {
                  setListed(event.currentTarget.value)
                  setTyped({})
                }}
                error={listed === other ? undefined : errors.driver}
              />
              {listed === other && (
                <TextInput
                  label="Name of the driver"
                  description="As its file in the folder of drivers is called."
                  required
                  withAsterisk={false}
                  maxLength={40}
                  value={named}
                  onChange={event => setNamed(event.currentTarget.value)}
                  error={errors.driver}
                />
              )}
              <ModeChoice value={mode} onChange={setMode} />
            </Stack>
          </Panel>
          <Panel title="Settings">
            <SettingFields driver={driver} typed={typed} onChange={setTyped} error={adding.error} />
          </Panel>
          <Button type="submit" loading={adding.isPending} style={{ alignSelf: 'flex-start' }}>
            Add the cloud
          </Button>
        </Stack>
      </form>
    </Screen>
  )
}
