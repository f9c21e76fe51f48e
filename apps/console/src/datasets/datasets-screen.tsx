// What is in the user's cloud: each dataset with its size and age, a look into it, and the way to order it.
import { Anchor, Button, Text } from '@mantine/core'
import { type Dataset, isWaybillError } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatBytes, formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { Empty } from '../answers/empty.tsx'
import { type Column, DataTable } from '../lists/data-table.tsx'
import { Icon } from '../shell/icon.tsx'
import { Screen } from '../shell/screen.tsx'
import { useDatasets } from './datasets-query.ts'

const columns: Column<Dataset>[] = [
  {
    header: 'Dataset',
    cell: ({ name }) => (
      <Anchor component={Link} to={`/datasets/${encodeURIComponent(name)}`} fw={600}>
        {name}
      </Anchor>
    ),
  },
  { header: 'Size', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  {
    header: 'Changed',
    wideOnly: true,
    cell: ({ updated_at }) => (
      <Text size="sm" title={formatTime(updated_at)}>
        {formatAge(updated_at)}
      </Text>
    ),
  },
  {
    header: 'Order',
    hidesHeader: true,
    align: 'right',
    cell: ({ name }) => (
      <Button
        size="compact-sm"
        variant="default"
        component={Link}
        to={`/orders/new?dataset=${encodeURIComponent(name)}`}
        aria-label={`Order ${name}`}
      >
        Order
      </Button>
    ),
  },
]

export function DatasetsScreen() {
  const datasets = useDatasets()
  const { data, error } = datasets
  return (
    <Screen
      title="Datasets"
      lead={
        data
          ? `What is in your account in the cloud ${data.cloud}, right now.`
          : 'What is in your account in your cloud.'
      }
      actions={
        data &&
        data.datasets.length > 0 && (
          <Button component={Link} to="/orders/new" leftSection={<Icon name="plus" />}>
            Order an export
          </Button>
        )
      }
    >
      {isWaybillError(error, 'CLOUD_NOT_REGISTERED') && <NoCloud />}
      {isWaybillError(error, 'ORDER_REQUIRED') && <ByOrderOnly />}
      {!isWaybillError(error, 'CLOUD_NOT_REGISTERED', 'ORDER_REQUIRED') && (
        <Answer query={datasets} what="your datasets">
          {({ datasets, cloud }) =>
            datasets.length === 0 ? (
              <NoDatasets cloud={cloud} />
            ) : (
              <DataTable label="Datasets" columns={columns} rows={datasets} keyOf={({ name }) => name} />
            )
          }
        </Answer>
      )}
    </Screen>
  )
}

function NoCloud() {
  return (
    <Empty title="Choose your cloud first" next={{ label: 'Choose a cloud', to: '/cloud' }}>
      Your datasets are shown here as soon as it is known which cloud your data lives in.
    </Empty>
  )
}

function ByOrderOnly() {
  return (
    <Empty title="Your cloud hands data out by order" next={{ label: 'Order an export', to: '/orders/new' }}>
      It cannot be looked at beforehand. Order the datasets by their names; as soon as they are delivered, you can look
      at the records and download them.
    </Empty>
  )
}

function NoDatasets({ cloud }: { cloud: string }) {
  return (
    <Empty title="No datasets yet" next={{ label: 'Choose another cloud', to: '/cloud' }}>
      Your account in {cloud} is empty. Put a .csv, .ndjson, .jsonl or .json file there, and it is a dataset.
    </Empty>
  )
}
