// The button that downloads one delivered file, with how far it is, a way to stop, and what went wrong.
import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { type DeliveredFile, deliveredFileName } from '@waybill/sdk'
import { useEffect, useRef, useState } from 'react'
import { formatBytes } from '../amounts.ts'
import { Trouble } from '../answers/trouble.tsx'
import { Icon } from '../shell/icon.tsx'
import { heldInMemory, largeInMemory, saveFile } from './save-file.ts'

type Download = { state: 'none' } | { state: 'running'; bytes: number } | { state: 'failed'; error: unknown }

export function DownloadFile({ processId, file }: { processId: string; file: DeliveredFile }) {
  const [download, setDownload] = useState<Download>({ state: 'none' })
  const stopping = useRef<AbortController>(undefined)
  useEffect(() => () => stopping.current?.abort(), [])
  const name = deliveredFileName(file)
  const begin = async () => {
    const stop = new AbortController()
    stopping.current = stop
    setDownload({ state: 'running', bytes: 0 })
    try {
      const onProgress = (bytes: number) => setDownload({ state: 'running', bytes })
      const isSaved = await saveFile(processId, file, { signal: stop.signal, onProgress })
      if (isSaved) notifications.show({ title: `${name} is downloaded`, message: 'Its checksum is right.' })
      setDownload({ state: 'none' })
    } catch (error) {
      setDownload(stop.signal.aborted ? { state: 'none' } : { state: 'failed', error })
    }
  }
  const ask = () => {
    if (!heldInMemory || file.bytes < largeInMemory) return void begin()
    modals.openConfirmModal({
      title: `Download ${formatBytes(file.bytes)}?`,
      children: (
        <Text size="sm">
          This browser keeps the whole file in memory before it is saved. Chrome and Edge write it to the disk as it
          comes; so does <code>npx waybill data … --out</code>.
        </Text>
      ),
      labels: { confirm: 'Download it here', cancel: 'Leave it' },
      onConfirm: () => void begin(),
    })
  }
  if (download.state === 'running') {
    return (
      <Group gap="xs">
        <Stack gap={2} w={140}>
          <Progress value={(download.bytes / Math.max(file.bytes, 1)) * 100} aria-label={`Download of ${name}`} />
          <Text size="xs" c="dimmed">
            {formatBytes(download.bytes)} of {formatBytes(file.bytes)}
          </Text>
        </Stack>
        <Button size="xs" variant="default" onClick={() => stopping.current?.abort()}>
          Stop
        </Button>
      </Group>
    )
  }
  return (
    <>
      <Button size="xs" leftSection={<Icon name="download" size={16} />} aria-label={`Download ${name}`} onClick={ask}>
        Download
      </Button>
      {download.state === 'failed' && <Trouble error={download.error} again={begin} />}
    </>
  )
}
