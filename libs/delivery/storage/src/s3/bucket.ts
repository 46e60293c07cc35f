import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createReadStream } from 'node:fs';
import { StorageError } from '../storage-error.ts';

export interface BucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** For servers other than AWS's; the SDK finds credentials by itself. */
  readonly endpoint?: string | undefined;
  readonly isPathStyle?: boolean;
  /** Only where the SDK's own search must not be used. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** An object on its way out of the bucket. */
export interface FetchedObject {
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAt: number;
}

const PRESIGNED_SECONDS = 300;
const MOST_ATTEMPTS = 3;
const quiet = () => undefined;

/** The few things that a store asks of an S3-compatible bucket; the SDK's words end here. */
export class Bucket {
  readonly #client: S3Client;
  readonly #name: string;

  constructor(options: BucketOptions) {
    this.#name = options.bucket;
    this.#client = new S3Client({
      region: options.region,
      forcePathStyle: options.isPathStyle ?? false,
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      ...(options.credentials && { credentials: options.credentials }),
      // The SHA-256 that the store sends is checked by every server; newer checksums are not.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 3,
      // The SDK warns on the console of every put that was too late, which is an expected outcome here.
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
  }

  /** Fails at the start and not at the first build when the bucket cannot be used. */
  async check(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#name }));
    } catch (cause) {
      throw new StorageError('STORAGE_BUCKET_UNREACHABLE', `cannot use bucket ${this.#name}`, {
        cause,
        next: 'check its name, --s3-region, --s3-endpoint and the credentials in the environment',
      });
    }
  }

  async get(key: string): Promise<FetchedObject | undefined> {
    try {
      const object = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#name, Key: key }),
      );
      return {
        size: object.ContentLength ?? 0,
        metadata: object.Metadata ?? {},
        body: (object.Body ?? emptyBody()) as AsyncIterable<Uint8Array>,
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Whether the object was made; `false` when the key was taken, also by a write at the same time. */
  async putNew(
    key: string,
    file: { readonly path: string; readonly size: number; readonly sha256: string },
    metadata: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#put(key, file, metadata);
        return true;
      } catch (error) {
        // 412: there is one. 409: another conditional write to the key is under way, and will win.
        const status = statusOf(error);
        if (status === 412 || status === 409) return false;
        // The SDK cannot repeat a body that is a stream; here it can be opened again.
        const isLasting = status !== undefined && status < 500;
        if (isLasting || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  async #put(
    key: string,
    file: { readonly path: string; readonly size: number; readonly sha256: string },
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const body = createReadStream(file.path, { highWaterMark: 256 * 1024 });
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#name,
          Key: key,
          Body: body,
          ContentLength: file.size,
          ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
          IfNoneMatch: '*',
          Metadata: { ...metadata },
        }),
      );
    } finally {
      body.destroy();
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const source = encodeURI(`${this.#name}/${from}`);
    await this.#client.send(
      new CopyObjectCommand({ Bucket: this.#name, CopySource: source, Key: to }),
    );
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#name, Key: key }));
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#name, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key === undefined) continue;
        yield { key: Key, size: Size ?? 0, modifiedAt: LastModified?.getTime() ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  presign(key: string): Promise<string> {
    const command = new GetObjectCommand({ Bucket: this.#name, Key: key });
    return getSignedUrl(this.#client, command, { expiresIn: PRESIGNED_SECONDS });
  }

  close(): void {
    this.#client.destroy();
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // An object without a body is an empty one.
}
