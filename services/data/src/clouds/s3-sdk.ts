// All that loads the AWS SDK for S3, behind one door: drivers open it when a cloud of theirs is used, and not before.
export { createS3Client } from './s3-client.ts'
export { S3Cloud } from './s3-cloud.ts'
export { explainS3 } from './s3-failures.ts'
