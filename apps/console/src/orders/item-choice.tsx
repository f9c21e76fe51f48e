// The datasets of an order, each with its format: ticked in a list, or by name where the cloud shows none beforehand.
import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { type ExportFormat, isWaybillError } from '@waybill/sdk'
import { useState } from 'react'
import { formatBytes } from '../amounts.ts'
import type { FieldErrors } from '../answers/field-errors.ts'
import { Loading } from '../answers/loading.tsx'
import { Trouble } from '../answers/trouble.tsx'
import { useDatasets } from '../datasets/datasets-query.ts'
import classes from './item-choice.module.css'

/** By dataset, in the order of choosing. */
export type Items = ReadonlyMap<string, ExportFormat>

export interface ItemChoiceProps {
  items: Items
  onChange: (items: Items) => void
  errors: FieldErrors
  /** The cloud lists nothing beforehand. */
  byName: boolean
}

export function ItemChoice(props: ItemChoiceProps) {
  return props.byName ? <ByName {...props} /> : <FromList {...props} />
}

function FromList(props: ItemChoiceProps) {
  const datasets = useDatasets()
  if (isWaybillError(datasets.error, 'ORDER_REQUIRED')) return <ByName {...props} />
  if (datasets.error) return <Trouble error={datasets.error} again={datasets.refetch} />
  if (!datasets.data) return <Loading what="your datasets" />
  const listed = datasets.data.datasets
  const unlisted = [...props.items.keys()].filter(name => !listed.some(dataset => dataset.name === name))
  return (
    <Stack gap={0}>
      {[...listed, ...unlisted.map(name => ({ name, bytes: undefined }))].map(({ name, bytes }) => (
        <Item key={name} name={name} note={bytes === undefined ? 'not found' : formatBytes(bytes)} {...props} />
      ))}
    </Stack>
  )
}

function ByName(props: ItemChoiceProps) {
  const [name, setName] = useState('')
  const { items, onChange } = props
  const add = () => {
    if (name.trim() !== '') onChange(new Map([...items, [name.trim(), items.get(name.trim()) ?? 'ndjson']]))
    setName('')
  }
  return (
    <Stack>
      <Group align="flex-end" gap="sm">
        <TextInput
          className={classes.name}
          label="Name of a dataset"
          description="Your cloud does not list its datasets beforehand: name those you want."
          maxLength={100}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
        />
        <Button variant="default" onClick={add} disabled={name.trim() === ''}>
          Add
        </Button>
      </Group>
      <Stack gap={0}>
        {[...items.keys()].map(name => (
          <Item key={name} name={name} {...props} />
        ))}
      </Stack>
    </Stack>
  )
}

interface ItemProps extends ItemChoiceProps {
  name: string
  note?: string
}

function Item({ name, note, items, onChange, errors }: ItemProps) {
  const format = items.get(name)
  const at = [...items.keys()].indexOf(name)
  const error = errors[`items[${at}].dataset`] ?? errors[`items[${at}]`]
  const toggle = () => {
    const next = new Map(items)
    if (!next.delete(name)) next.set(name, 'ndjson')
    onChange(next)
  }
  return (
    <Group className={classes.item} justify="space-between" wrap="nowrap" gap="sm">
      <Checkbox
        className={classes.check}
        classNames={{ body: classes.checkBody }}
        checked={format !== undefined}
        onChange={toggle}
        error={at === -1 ? undefined : error}
        label={
          <>
            {name}{' '}
            {note && (
              <Text span size="sm" c="dimmed">
                {note}
              </Text>
            )}
          </>
        }
      />
      {format && (
        <NativeSelect
          aria-label={`Format of ${name}`}
          size="xs"
          w={104}
          value={format}
          data={[
            { value: 'ndjson', label: 'NDJSON' },
            { value: 'csv', label: 'CSV' },
          ]}
          onChange={event => onChange(new Map([...items, [name, event.currentTarget.value as ExportFormat]]))}
        />
      )}
    </Group>
  )
}
