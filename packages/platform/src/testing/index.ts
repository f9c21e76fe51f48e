export { type FakePeer, startFakePeer } from './fake-peer.ts'
export { FakeUserSystem } from './fake-user-system.ts'
export { call, type Reply, startService, type TestHost, until } from './start-service.ts'
export { TestBroker } from './test-broker.ts'
