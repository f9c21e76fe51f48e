// One of the clouds, each with its price and how it hands data out; those that are not set up are shown with why.
import { Badge, Group, Radio, Stack, Text } from '@mantine/core'
import { Answer } from '../answers/answer.tsx'
import { formatMoney } from '../money.ts'
import classes from './cloud-choice.module.css'
import { type CloudOffer, modeWords, useCloudOffers } from './offers.ts'

export interface CloudChoiceProps {
  label: string
  description?: string
  value: string | undefined
  onChange: (cloud: string) => void
}

export function CloudChoice({ label, description, value, onChange }: CloudChoiceProps) {
  const offers = useCloudOffers()
  return (
    <Answer query={offers} what="the clouds">
      {clouds => (
        <Radio.Group label={label} description={description} value={value ?? null} onChange={onChange}>
          <Stack gap="xs" mt="xs">
            {[...clouds]
              .sort((a, b) => Number(b.enabled) - Number(a.enabled))
              .map(cloud => (
                <Offer key={cloud.name} cloud={cloud} />
              ))}
          </Stack>
        </Radio.Group>
      )}
    </Answer>
  )
}

function Offer({ cloud }: { cloud: CloudOffer }) {
  const { name, enabled, mode, price } = cloud
  return (
    <Radio.Card value={name} disabled={!enabled} className={classes.card} aria-describedby={`cloud-${name}`}>
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <Radio.Indicator disabled={!enabled} mt={2} />
        <div className={classes.words}>
          <Group justify="space-between" gap="xs">
            <Text fw={600}>{name}</Text>
            {enabled && price && (
              <Text size="sm" fw={600}>
                {formatMoney(price.amount, price.currency)}{' '}
                <Text span size="sm" c="dimmed" fw={400}>
                  a dataset
                </Text>
              </Text>
            )}
            {!enabled && (
              <Badge color="gray" variant="outline" tt="none">
                Not set up
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed" id={`cloud-${name}`}>
            {enabled ? `${modeWords[mode]}.` : 'This server has no settings for it yet.'}
          </Text>
        </div>
      </Group>
    </Radio.Card>
  )
}
