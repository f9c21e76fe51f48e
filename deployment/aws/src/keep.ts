// What happens to what holds data when its stack is deleted.
import { RemovalPolicy } from 'aws-cdk-lib'
import type { Stage } from './stages.ts'

export const keep = (stage: Stage) => (stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY)
