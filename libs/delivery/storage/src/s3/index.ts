export { Bucket, type BucketOptions } from './bucket.ts';
export { S3ArtifactStore, type S3StoreOptions } from './s3-artifact-store.ts';
