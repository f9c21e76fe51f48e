// What things cost: assumptions, with the day and the page that they were taken from, to be replaced by the reader's own.

export interface Price {
  what: string
  dollars: number
  per: string
  /** A page that says so. */
  source: string
}

export const pricesAsOf = 'June 2026, us-east-1, on demand'

const coreHourOf = { machine: 'm7g.large', dollarsAnHour: 0.0816, cores: 2 }

export const prices = {
  coreHour: {
    what: `a core for an hour (${coreHourOf.machine}, ${coreHourOf.dollarsAnHour} for ${coreHourOf.cores}), engines included`,
    dollars: coreHourOf.dollarsAnHour / coreHourOf.cores,
    per: 'core and hour',
    source: 'https://www.factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026/',
  },
  gigabyteMonth: {
    what: "the databases' storage (gp3)",
    dollars: 0.115,
    per: 'GB and month',
    source: 'https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/',
  },
  millionRequests: {
    what: 'requests of SQS, where SNS and SQS take the place of RabbitMQ',
    dollars: 0.4,
    per: 'million',
    source: 'https://cloudburn.io/blog/amazon-sqs-pricing',
  },
} satisfies Record<string, Price>
