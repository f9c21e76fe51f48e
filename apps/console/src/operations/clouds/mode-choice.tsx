// How a cloud hands its data out, and what that means for those who are registered with it.
import { Radio, Stack } from '@mantine/core'
import type { CloudMode } from '@waybill/sdk'

export const modeMeanings: Record<CloudMode, { label: string; description: string }> = {
  immediate: {
    label: 'Right away',
    description: 'Users see a list of their datasets and look at the records at once, and they may order exports.',
  },
  order: {
    label: 'By order only',
    description:
      'Looking is refused. Users order datasets by name, pay, and get them when the export is delivered: for clouds that are slow, or that charge for every read.',
  },
}

export function ModeChoice({ value, onChange }: { value: CloudMode; onChange: (mode: CloudMode) => void }) {
  return (
    <Radio.Group label="How data is handed out" value={value} onChange={mode => onChange(mode as CloudMode)}>
      <Stack gap="xs" mt="xs">
        {Object.entries(modeMeanings).map(([mode, { label, description }]) => (
          <Radio key={mode} value={mode} label={label} description={description} />
        ))}
      </Stack>
    </Radio.Group>
  )
}
