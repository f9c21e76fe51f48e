// What lives longer than any release: network, databases, events, keys, and the buckets with settings, releases and data.
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { createDatabases, type Databases } from './databases.ts'
import { createEvents, type Events } from './events.ts'
import { keep } from './keep.ts'
import { createNetwork } from './network.ts'
import { type StageName, stages } from './stages.ts'

export class FoundationStack extends Stack {
  readonly network: Vpc
  readonly databases: Databases
  readonly events: Events
  /** Opens the stage's disks, secrets, queues and encrypted settings. */
  readonly key: Key
  /** WAYBILL_SECRET_KEY. */
  readonly sharedSecret: Secret
  /** The stage's document of settings, at `settings.json`. */
  readonly configuration: Bucket
  /** Archives that instances run, as `<version>.tar.gz`. */
  readonly releases: Bucket
  /** Users' data and deliveries, for a cloud of the driver aws that needs no keys. */
  readonly data: Bucket

  constructor(scope: Construct, id: string, { stageName, ...rest }: StackProps & { stageName: StageName }) {
    super(scope, id, rest)
    const stage = stages[stageName]
    const prefix = `waybill-${stageName}`
    const removalPolicy = keep(stage)
    this.key = new Key(this, 'Key', {
      alias: prefix,
      description: `Waybill ${stageName}: disks, secrets, queues and encrypted settings`,
      enableKeyRotation: true,
      removalPolicy,
    })
    const bucket = (name: string, versioned: boolean) =>
      new Bucket(this, name, {
        versioned,
        removalPolicy,
        encryption: BucketEncryption.KMS,
        encryptionKey: this.key,
        bucketKeyEnabled: true,
        enforceSSL: true,
        blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
        objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      })
    this.network = createNetwork(this, stage)
    this.databases = createDatabases(this, { stage, stageName, vpc: this.network, key: this.key })
    this.events = createEvents(this, { prefix, key: this.key })
    // 43 letters and digits are 32 bytes of base64 whose padding is left out.
    this.sharedSecret = new Secret(this, 'SharedSecret', {
      secretName: `waybill/${stageName}/secret-key`,
      description: 'WAYBILL_SECRET_KEY: encrypts what is secret in the databases. Lost, that is lost, too.',
      encryptionKey: this.key,
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy,
    })
    this.configuration = bucket('Configuration', true)
    this.releases = bucket('Releases', true)
    // Versions would keep every byte of every delivery that was deleted.
    this.data = bucket('Data', false)
    new CfnOutput(this, 'SettingsUri', { value: `s3://${this.configuration.bucketName}/settings.json` })
    new CfnOutput(this, 'ReleasesUri', { value: `s3://${this.releases.bucketName}/` })
    new CfnOutput(this, 'DataBucket', { value: this.data.bucketName })
    new CfnOutput(this, 'KeyArn', { value: this.key.keyArn })
  }
}
