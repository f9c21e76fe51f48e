// What a stage costs a month when nobody uses it, counted from its templates; docs/aws.md has the table.

export interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has a form of its own, known to AWS
  readonly Resources: Record<string, { Type: string; Properties?: any }>
}

export const pricesAsOf = 'us-east-1, on demand, 2026; without tax, discounts, support'

const hoursOfAMonth = 730
/** US dollars. Machines by the hour, disks by GB and month, the rest by the month. Assumptions: put your own in. */
export const prices = {
  instances: { 't3.small': 0.0208, 't3.medium': 0.0416, 'm7i.large': 0.1008 } as Record<string, number>,
  databases: { 'db.t4g.micro': 0.016, 'db.t4g.medium': 0.065, 'db.m7g.large': 0.168 } as Record<string, number>,
  databaseGigabyte: 0.115,
  diskGigabyte: 0.08,
  loadBalancerHour: 0.0225,
  natGatewayHour: 0.045,
  secret: 0.4,
  key: 1,
  alarm: 0.1,
  /** Of an instance: seven metrics. */
  minuteMetrics: 2.1,
} as const

export interface CostLine {
  readonly what: string
  readonly count: number
  readonly dollars: number
}

/** `least`: groups at their smallest, or at their largest. Throws where a price is not known. */
export function monthlyCosts(templates: Template[], groups: 'smallest' | 'largest'): CostLine[] {
  const resources = templates.flatMap(({ Resources }) => Object.entries(Resources))
  const all = (type: string) =>
    resources.filter(([, { Type }]) => Type === type).map(([, { Properties }]) => Properties ?? {})
  const size = groups === 'smallest' ? 'MinSize' : 'MaxSize'
  const instances = all('AWS::AutoScaling::AutoScalingGroup').reduce((sum, each) => sum + Number(each[size]), 0)
  const [template] = all('AWS::EC2::LaunchTemplate')
  const { InstanceType: machine, BlockDeviceMappings } = template!.LaunchTemplateData
  const disk = BlockDeviceMappings[0].Ebs.VolumeSize
  const databases = all('AWS::RDS::DBInstance')
  const copies = databases.reduce((sum, each) => sum + (each.MultiAZ ? 2 : 1), 0)
  const gigabytes = databases.reduce((sum, each) => sum + Number(each.AllocatedStorage) * (each.MultiAZ ? 2 : 1), 0)
  const [{ DBInstanceClass: databaseClass }] = databases as [{ DBInstanceClass: string }]
  const balancers = all('AWS::ElasticLoadBalancingV2::LoadBalancer').length
  const gateways = all('AWS::EC2::NatGateway').length
  const secrets = all('AWS::SecretsManager::Secret').length
  const keys = all('AWS::KMS::Key').length
  const alarms = all('AWS::CloudWatch::Alarm').length
  return [
    line(`instances ${machine}`, instances, hoursOfAMonth * priceOf(prices.instances, machine)),
    line(`their disks, ${disk} GB each`, instances, disk * prices.diskGigabyte),
    line('their CPU by the minute', instances, prices.minuteMetrics),
    line(
      `databases ${databaseClass}, standbys counted`,
      copies,
      hoursOfAMonth * priceOf(prices.databases, databaseClass),
    ),
    line("databases' storage, GB", gigabytes, prices.databaseGigabyte),
    line('load balancers', balancers, hoursOfAMonth * prices.loadBalancerHour),
    line('NAT gateways', gateways, hoursOfAMonth * prices.natGatewayHour),
    line('secrets', secrets, prices.secret),
    line('keys', keys, prices.key),
    line('alarms', alarms, prices.alarm),
  ]
}

const line = (what: string, count: number, each: number): CostLine => ({ what, count, dollars: count * each })

function priceOf(known: Record<string, number>, name: string): number {
  const price = known[name]
  if (price === undefined) throw new Error(`no price of ${name} in deployment/aws/src/costs.ts`)
  return price
}

/** A table in Markdown: a row for what is paid for, a column for each stage. */
export function costTable(stages: Record<string, Template[]>): string {
  const names = Object.keys(stages)
  const lines = names.map(name => monthlyCosts(stages[name]!, 'smallest'))
  const total = (name: string, groups: 'smallest' | 'largest') =>
    monthlyCosts(stages[name]!, groups).reduce((sum, { dollars }) => sum + dollars, 0)
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`
  const money = (dollars: number) => `$${Math.round(dollars)}`
  const rows = lines[0]!.map((_, at) => {
    const cells = lines.map(each => each[at]!)
    const generic = cells[0]!.what.replace(/ (db\.)?[a-z]\d[a-z]*\.\w+/, '')
    return row([
      generic,
      ...cells.map(
        ({ what, count, dollars }) =>
          `${count}${/ ((?:db\.)?[a-z]\d[a-z]*\.\w+)/.exec(what)?.[0] ?? ''}: ${money(dollars)}`,
      ),
    ])
  })
  return [
    row(['a month', ...names]),
    row(['---', ...names.map(() => '---:')]),
    ...rows,
    row(['**together, groups at their smallest**', ...names.map(name => `**${money(total(name, 'smallest'))}**`)]),
    row(['groups at their largest all month', ...names.map(name => money(total(name, 'largest')))]),
  ].join('\n')
}
