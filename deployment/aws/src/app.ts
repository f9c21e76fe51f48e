// The CDK application: two stacks for each stage. `npx cdk deploy -c release=1.2.3 'waybill-dev-*'` in this folder; docs/aws.md tells the rest.
import { Tags } from 'aws-cdk-lib'
import { createApp, createStacks } from './create-stacks.ts'
import { stageNames } from './stages.ts'

const app = createApp()
for (const stageName of stageNames) createStacks(app, stageName)
Tags.of(app).add('application', 'waybill')
app.synth()
