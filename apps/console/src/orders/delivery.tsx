// What was delivered: each file with its size and checksum, to be downloaded, and a look at its records.
import { Button, Code, Group, Stack, Text } from '@mantine/core'
import { type DeliveredFile, deliveredFileName, type Manifest, type Order } from '@waybill/sdk'
import { useState } from 'react'
import { formatBytes, formatCount } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { RecordsTable } from '../datasets/records-table.tsx'
import { Panel } from '../shell/panel.tsx'
import { DownloadFile } from './download-file.tsx'
import { useManifest } from './order-queries.ts'

export function Delivery({ order }: { order: Order }) {
  const manifest = useManifest(order.process_id)
  return (
    <Panel title="Delivery">
      <Answer query={manifest} what="what was delivered">
        {manifest => (
          <Stack gap="lg">
            {manifest.files.map(file => (
              <FilePart key={file.dataset} file={file} manifest={manifest} />
            ))}
          </Stack>
        )}
      </Answer>
    </Panel>
  )
}

function FilePart({ file, manifest }: { file: DeliveredFile; manifest: Manifest }) {
  const [isShown, setShown] = useState(false)
  const { dataset, records, bytes, sha256 } = file
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="sm">
        <div>
          <Text fw={600}>{deliveredFileName(file)}</Text>
          <Text size="sm" c="dimmed">
            {formatCount(records, 'record')}, {formatBytes(bytes)}
          </Text>
        </div>
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            aria-expanded={isShown}
            aria-label={`${isShown ? 'Hide preview' : 'Preview'} of ${dataset}`}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Hide preview' : 'Preview'}
          </Button>
          <DownloadFile processId={manifest.process_id} file={file} />
        </Group>
      </Group>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        SHA-256 <Code>{sha256}</Code>
      </Text>
      {isShown && (
        <RecordsTable source={{ process_id: manifest.process_id, dataset }} label={`Delivered records of ${dataset}`} />
      )}
    </Stack>
  )
}
