// Every cloud there is: its driver, how it hands data out, whether users may take it, and what an export from it costs.
import { Button, Group, SimpleGrid } from '@mantine/core'
import { Link } from 'react-router'
import { Answer } from '../../answers/answer.tsx'
import { Empty } from '../../answers/empty.tsx'
import { type CloudOffer, useCloudOffers } from '../../clouds/offers.ts'
import { StateBadge } from '../../orders/order-words.tsx'
import { Facts } from '../../shell/facts.tsx'
import { Icon } from '../../shell/icon.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { driverLabel } from './cloud-drivers.ts'
import { modeMeanings } from './mode-choice.tsx'
import { PriceEditor } from './price-editor.tsx'

export const enabledLook = (enabled: boolean) =>
  enabled ? { label: 'On', color: 'green' } : { label: 'Off, or not set up', color: 'gray' }

export function AllCloudsScreen() {
  const clouds = useCloudOffers()
  return (
    <Screen
      title="Clouds and prices"
      lead="The places where users' data lives, and what the export of one dataset from each costs."
      actions={
        <Button component={Link} to="/operations/clouds/new" leftSection={<Icon name="plus" size={16} />}>
          Add a cloud
        </Button>
      }
    >
      <Answer query={clouds} what="the clouds">
        {clouds =>
          clouds.length === 0 ? (
            <Empty title="No clouds yet" next={{ label: 'Add a cloud', to: '/operations/clouds/new' }}>
              Users need one to have data here.
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {[...clouds]
                .sort((a, b) => Number(b.enabled) - Number(a.enabled))
                .map(cloud => (
                  <CloudCard key={cloud.name} cloud={cloud} />
                ))}
            </SimpleGrid>
          )
        }
      </Answer>
    </Screen>
  )
}

function CloudCard({ cloud: { name, driver, mode, enabled, price } }: { cloud: CloudOffer }) {
  return (
    <Panel title={name} actions={<StateBadge look={enabledLook(enabled)} />}>
      <Facts
        facts={[
          ['Driver', driverLabel(driver)],
          ['Data comes', modeMeanings[mode].label],
          ['Price', <PriceEditor key="price" cloud={name} price={price} />],
        ]}
      />
      <Group mt="md">
        <Button
          size="xs"
          variant="default"
          component={Link}
          to={`/operations/clouds/${name}`}
          aria-label={`Settings and check of ${name}`}
        >
          Settings and check
        </Button>
      </Group>
    </Panel>
  )
}
