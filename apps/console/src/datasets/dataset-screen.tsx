// A look into one dataset, as it is right now.
import { Anchor, Button } from '@mantine/core'
import { Link, useParams } from 'react-router'
import { Icon } from '../shell/icon.tsx'
import { Screen } from '../shell/screen.tsx'
import { RecordsTable } from './records-table.tsx'

export function DatasetScreen() {
  const { name = '' } = useParams()
  return (
    <Screen
      title={name}
      lead={
        <>
          One of{' '}
          <Anchor component={Link} to="/datasets" underline="always">
            your datasets
          </Anchor>
          .
        </>
      }
      actions={
        <Button
          component={Link}
          to={`/orders/new?dataset=${encodeURIComponent(name)}`}
          leftSection={<Icon name="plus" />}
        >
          Order an export
        </Button>
      }
    >
      <RecordsTable source={name} label={`Records of ${name}`} />
    </Screen>
  )
}
