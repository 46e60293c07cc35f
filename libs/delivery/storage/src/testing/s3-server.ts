import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

/** A real S3-speaking server for specs: s3rver, with credentials S3RVER/S3RVER and one bucket. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** Flips a bit of an object's body, behind everybody's back. */
  corrupt(key: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * s3rver 3.7.1 was written before S3 knew `If-None-Match` on writes and would ignore it. The listener in
 * front adds that one rule as S3 documents it: 412 when the key is there, 409 while another
 * conditional write to it is under way.
 */
export async function startS3Server(): Promise<S3Server> {
  const bucket = 'artifacts';
  const directory = mkdtempSync(join(tmpdir(), 's3-server-'));
  const s3 = new S3rver({
    directory,
    silent: true,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  await s3.configureBuckets();
  const handle = s3.callback();
  const underWay = new Set<string>();
  const server = http.createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (request.method !== 'PUT' || request.headers['if-none-match'] !== '*') {
      return void handle(request, response);
    }
    if (underWay.has(path)) return refuse(request, response, 409, 'ConditionalRequestConflict');
    underWay.add(path);
    response.once('close', () => underWay.delete(path));
    const key = decodeURIComponent(path.slice(bucket.length + 2));
    s3.store
      .existsObject(bucket, key)
      .then((exists: boolean) => {
        if (exists) refuse(request, response, 412, 'PreconditionFailed');
        else handle(request, response);
      })
      .catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    async corrupt(key) {
      const file = join(directory, bucket, `${key}._S3rver_object`);
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(file, bytes);
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(directory, { recursive: true });
    },
  };
}

function refuse(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  status: number,
  code: string,
): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
}
