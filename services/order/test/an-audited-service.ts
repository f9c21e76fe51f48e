// The order service among others that know what a test has told them, with somebody who orders and an operator who audits.
import type { TestHost } from '@waybill/platform/testing'
import { startOrderService } from './an-order-and-its-events.ts'
import { type OtherServices, startOtherServices } from './the-other-services.ts'

export interface AuditedService {
  readonly host: TestHost
  readonly token: string
  readonly operator: string
  readonly others: OtherServices
  stop(): Promise<void>
}

export async function startAuditedService(options?: Parameters<typeof startOrderService>[1]): Promise<AuditedService> {
  const others = await startOtherServices()
  const host = await startOrderService({ peerUrls: others.urls }, options)
  return {
    host,
    token: host.users.signIn().token,
    operator: host.users.signIn({ role: 'operator' }).token,
    others,
    async stop() {
      await host.stop()
      await others.stop()
    },
  }
}
