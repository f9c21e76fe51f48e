// What somebody must be woken for; the rest is in docs/operating.md and deployment/prometheus.

import { serviceNames } from '@waybill/contracts'
import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import type { FoundationStack } from './foundation-stack.ts'
import type { Entrances } from './load-balancers.ts'
import { capital } from './service-facts.ts'

const minute = { period: Duration.minutes(1) }

export function createAlarms(
  scope: Construct,
  prefix: string,
  foundation: FoundationStack,
  entrances: Entrances,
): Topic {
  // Subscribe whoever is on duty.
  const duty = new Topic(scope, 'Duty', { topicName: `${prefix}-alarms`, enforceSSL: true })
  const alarm = (id: string, metric: IMetric, above: number, minutes: number, alarmDescription: string) => {
    const made = new Alarm(scope, id, {
      ...{ metric, alarmDescription, alarmName: `${prefix}-${id}` },
      threshold: above,
      evaluationPeriods: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    made.addAlarmAction(new SnsAction(duty))
    made.addOkAction(new SnsAction(duty))
  }
  for (const [service, { queue, dead }] of foundation.events.queues) {
    const name = capital(service)
    alarm(
      `${name}Dead`,
      dead.metricApproximateNumberOfMessagesVisible(minute),
      0,
      15,
      `Messages that ${service} was handed 50 times in vain wait to be taken as dead letters: is ${service} running? See waybill dead-letters.`,
    )
    alarm(
      `${name}Late`,
      queue.metricApproximateAgeOfOldestMessage(minute),
      300,
      5,
      `${service} is five minutes behind: is it running, is its database slow, is its group at its largest?`,
    )
  }
  for (const service of serviceNames) {
    const name = capital(service)
    const { instance } = foundation.databases[service]
    const targets = entrances.groups[service].front.metrics
    alarm(
      `${name}Unhealthy`,
      targets.unhealthyHostCount(minute),
      0,
      10,
      `An instance of ${service} has not answered /healthz for ten minutes: /waybill/… in CloudWatch Logs.`,
    )
    alarm(
      `${name}Fails`,
      targets.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, minute),
      20,
      5,
      `${service} answers with 5xx: /readyz says what it misses.`,
    )
    alarm(
      `${name}DatabaseBusy`,
      instance.metricCPUUtilization(minute),
      85,
      15,
      `The database of ${service} is busy: a larger class, or fewer instances.`,
    )
    alarm(
      `${name}DatabaseConnections`,
      instance.metricDatabaseConnections(minute),
      250,
      5,
      `The database of ${service} has more connections than groups at their largest should have: DATABASE_POOL_SIZE.`,
    )
    const full = new Alarm(scope, `${name}DatabaseFull`, {
      metric: instance.metricFreeStorageSpace(minute),
      alarmName: `${prefix}-${name}DatabaseFull`,
      alarmDescription: `Less than 5 GiB are free at the database of ${service}: storage grows by itself up to five times its size.`,
      threshold: 5 * 1_073_741_824,
      evaluationPeriods: 5,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    })
    full.addAlarmAction(new SnsAction(duty))
  }
  alarm(
    'FrontFails',
    entrances.front.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, minute),
    20,
    5,
    'The load balancer finds no instance to answer.',
  )
  return duty
}
