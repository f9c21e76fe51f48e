// What is in the user's cloud: each dataset with its size and age, a look into it, and the way to order it.
import { Anchor, Button, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { isWaybillError } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatAge, formatBytes, formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { Empty } from '../answers/empty.tsx'
import { Icon } from '../shell/icon.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'

export function useDatasets() {
  return useQuery({ queryKey: ['datasets'], queryFn: ({ signal }) => waybill.data.datasets({ signal }) })
}

export function DatasetsScreen() {
  const datasets = useDatasets()
  const cloud = datasets.data?.cloud
  return (
    <Screen
      title="Datasets"
      lead={
        cloud ? `What is in your account in the cloud ${cloud}, right now.` : 'What is in your account in your cloud.'
      }
      actions={
        datasets.data && (
          <Button component={Link} to="/orders/new" leftSection={<Icon name="plus" />}>
            Order an export
          </Button>
        )
      }
    >
      {isWaybillError(datasets.error, 'ORDER_REQUIRED') ? <ByOrderOnly /> : <DatasetList query={datasets} />}
    </Screen>
  )
}

function ByOrderOnly() {
  return (
    <Empty title="Your cloud hands data out by order" next={{ label: 'Order an export', to: '/orders/new' }}>
      It cannot be looked at beforehand. Order the datasets by their names; you may look at the records and download
      them as soon as they are delivered.
    </Empty>
  )
}

function DatasetList({ query }: { query: ReturnType<typeof useDatasets> }) {
  return (
    <Answer query={query} what="your datasets">
      {({ datasets, cloud }) =>
        datasets.length === 0 ? (
          <Empty title="No datasets yet" next={{ label: 'Choose another cloud', to: '/cloud' }}>
            Your account in {cloud} is empty. Put a .csv, .ndjson, .jsonl or .json file there, and it is a dataset.
          </Empty>
        ) : (
          <Table.ScrollContainer minWidth={420}>
            <Table highlightOnHover verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Dataset</Table.Th>
                  <Table.Th ta="right">Size</Table.Th>
                  <Table.Th>Changed</Table.Th>
                  <Table.Th>
                    <span className="mantine-visually-hidden">Order</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {datasets.map(({ name, bytes, updated_at }) => (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <Anchor component={Link} to={`/datasets/${encodeURIComponent(name)}`} fw={600}>
                        {name}
                      </Anchor>
                    </Table.Td>
                    <Table.Td ta="right">{formatBytes(bytes)}</Table.Td>
                    <Table.Td>
                      <Text size="sm" title={formatTime(updated_at)}>
                        {formatAge(updated_at)}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right">
                      <Button
                        size="compact-sm"
                        variant="default"
                        component={Link}
                        to={`/orders/new?dataset=${encodeURIComponent(name)}`}
                        aria-label={`Order ${name}`}
                      >
                        Order
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )
      }
    </Answer>
  )
}
