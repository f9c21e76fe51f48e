// A MySQL database for each service, with a user and a password that no other service may read.

import { type ServiceName, serviceNames } from '@waybill/contracts'
import { Duration } from 'aws-cdk-lib'
import { InstanceType, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  MysqlEngineVersion,
  ParameterGroup,
  StorageType,
} from 'aws-cdk-lib/aws-rds'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { keep } from './keep.ts'
import { subnets } from './network.ts'
import { capital } from './service-facts.ts'
import type { Stage } from './stages.ts'

export interface ServiceDatabase {
  readonly instance: DatabaseInstance
  /** JSON with username, password, host, port and dbname. */
  readonly secret: ISecret
  /** Whoever is in it reaches this database and no other. */
  readonly clients: SecurityGroup
}

export type Databases = Record<ServiceName, ServiceDatabase>

interface Options {
  stage: Stage
  stageName: string
  vpc: IVpc
  key: IKey
}

export function createDatabases(scope: Construct, options: Options): Databases {
  const engine = DatabaseInstanceEngine.mysql({ version: MysqlEngineVersion.VER_8_4_6 })
  const parameterGroup = new ParameterGroup(scope, 'DatabaseParameters', {
    engine,
    description: 'Waybill: what is answered survives a power cut, and nobody connects without TLS',
    parameters: {
      innodb_flush_log_at_trx_commit: '1',
      sync_binlog: '1',
      require_secure_transport: '1',
      transaction_isolation: 'REPEATABLE-READ',
    },
  })
  const create = (service: ServiceName): ServiceDatabase => {
    const { stage, stageName, vpc, key } = options
    const name = `waybill-${stageName}-${service}`
    const clients = new SecurityGroup(scope, `${capital(service)}DatabaseClients`, {
      vpc,
      description: `May call the database of ${service}`,
    })
    const door = new SecurityGroup(scope, `${capital(service)}DatabaseDoor`, {
      vpc,
      description: `The database of ${service}`,
      allowAllOutbound: false,
    })
    door.addIngressRule(clients, Port.tcp(3306), `${service} alone`)
    const instance = new DatabaseInstance(scope, `${capital(service)}Database`, {
      engine,
      parameterGroup,
      instanceIdentifier: name,
      instanceType: new InstanceType(stage.databaseClass),
      vpc,
      vpcSubnets: { subnetGroupName: subnets.databases },
      securityGroups: [door],
      multiAz: stage.databaseStandby,
      databaseName: 'waybill',
      credentials: Credentials.fromGeneratedSecret('waybill', {
        secretName: `waybill/${stageName}/${service}/database`,
        encryptionKey: key,
        // It becomes part of a URL.
        excludeCharacters: ' %+~`#$&*()|[]{}:;<>?!\'/@"\\,=^-_.',
      }),
      storageType: StorageType.GP3,
      allocatedStorage: stage.databaseGigabytes,
      maxAllocatedStorage: stage.databaseGigabytes * 5,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backupRetention: Duration.days(stage.backupDays),
      copyTagsToSnapshot: true,
      deletionProtection: stage.keepsData,
      removalPolicy: keep(stage),
      autoMinorVersionUpgrade: true,
      publiclyAccessible: false,
      cloudwatchLogsExports: ['error', 'slowquery'],
    })
    return { instance, secret: instance.secret!, clients }
  }
  return Object.fromEntries(serviceNames.map(service => [service, create(service)])) as Databases
}
