// SNS calls us: where nobody polls a queue, a subscription over HTTPS brings the events of the topic to a service.
import { operationsApi } from '@waybill/contracts'
import { readEvent } from '../bus/index.ts'
import { noContent, type Route, refuse, routesOf } from '../http/index.ts'
import type { Service, ServiceHost } from './service.ts'
import { type FetchFromSns, SnsHost } from './sns-host.ts'
import { isSignedBy, readNotification, type SnsNotification } from './sns-notification.ts'

export interface SnsRouteOptions {
  host: ServiceHost
  services: Service[]
  fetchFromSns?: FetchFromSns
}

/** Longer than SNS tries to deliver by default; what is older was recorded by somebody. */
const oldestMilliseconds = 3_600_000
/** Clocks differ. */
const aheadMilliseconds = 300_000

export function snsRoute({ host, services, fetchFromSns = fetch }: SnsRouteOptions): Route {
  const { clock, log } = host
  const topicArn = host.settings.SNS_TOPIC_ARN
  const sns = topicArn === undefined ? undefined : new SnsHost(topicArn, { fetch: fetchFromSns, clock })

  /** Anybody may have a topic whose messages SNS signs and sends here: only ours counts. */
  async function verify(notification: SnsNotification): Promise<SnsHost> {
    if (!sns) throw refuse('NOTIFICATION_REFUSED', 'this installation takes no notifications: SNS_TOPIC_ARN is not set')
    if (notification.TopicArn !== topicArn) {
      throw refuse('NOTIFICATION_REFUSED', 'the notification is not of the topic in SNS_TOPIC_ARN')
    }
    const age = clock.now() - Date.parse(notification.Timestamp)
    if (age > oldestMilliseconds || age < -aheadMilliseconds) {
      throw refuse(
        'NOTIFICATION_REFUSED',
        `the notification is of ${notification.Timestamp}, which is not within the last hour`,
      )
    }
    const key = await sns.readKey(notification.SigningCertURL)
    if (isSignedBy(key, notification)) return sns
    throw refuse('NOTIFICATION_REFUSED', 'the signature is not that of the certificate at SigningCertURL')
  }

  return routesOf('operations')({
    verb: 'post',
    path: '/sns/:service',
    access: 'public',
    // SNS calls from few addresses, as often as there are events; what is not signed costs next to nothing.
    limit: 'none',
    rawBody: true,
    contract: operationsApi.receiveNotification,
    controller: async ({ params, rawBody }) => {
      const service = services.find(({ name }) => name === params.service)
      if (!service) {
        throw refuse(
          'SERVICE_NOT_HOSTED',
          `the ${params.service} service is not hosted by this process: subscribe one that hosts it`,
        )
      }
      const notification = readNotification(rawBody)
      const verified = await verify(notification)
      switch (notification.Type) {
        case 'Notification':
          // The inbox knows what came before; a database that is away is a 5xx, and SNS comes again.
          await service.store.consumer.deliver(readEvent(notification.Message))
          break
        case 'SubscriptionConfirmation':
          await verified.confirm(notification.SubscribeURL!)
          log.info({ service: service.name }, 'the topic is subscribed: SNS brings its events to POST /sns/:service')
          break
        case 'UnsubscribeConfirmation':
          log.warn({ service: service.name }, 'the topic is no longer subscribed: SNS brings no more events')
      }
      return noContent()
    },
  })
}
