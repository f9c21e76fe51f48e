export {
  createTestVhost,
  dropTestDatabases,
  engineUrls,
  findMissingEngines,
  newTestName,
  type TestVhost,
} from './engines.ts'
export { type FakeAws, fakeAwsUrl, startFakeAws } from './fake-aws.ts'
export { type FakeKms, startFakeKms } from './fake-kms.ts'
export { type FakePeer, startFakePeer } from './fake-peer.ts'
export { FakeUserSystem } from './fake-user-system.ts'
export { freePort, freePorts } from './free-ports.ts'
export { call, type Reply, startService, type TestHost, until } from './start-service.ts'
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export { TestBroker } from './test-broker.ts'
export { openTestDatabases, runsOnMysql, type TestDatabases } from './test-databases.ts'
