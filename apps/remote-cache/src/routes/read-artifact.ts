import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  artifactName,
  readableScopes,
  type ArtifactId,
  type Grant,
  type OpenArtifact,
  type TaskHash,
} from '@prompt-card/cache';
import { answer } from '../protocol/answer.ts';
import type { Services } from '../services.ts';

/**
 * `GET /v1/cache/<hash>`. Nx takes anything but 200 and 404 for a reason to end the whole run, so every
 * trouble of the store is a miss; only a token that is not valid gets 401.
 */
export async function readArtifact(
  request: IncomingMessage,
  response: ServerResponse,
  hash: TaskHash | undefined,
  services: Services,
): Promise<void> {
  const { metrics } = services;
  const identity = services.authenticator.identify(request.headers.authorization);
  if (!identity) {
    metrics.request('read-denied');
    return answer(response, 401, 'the token is missing, unknown, expired or revoked');
  }
  const startedAt = performance.now();
  const found = hash && (await find(hash, identity.grant, services));
  if (!found) {
    services.statistics.miss();
    metrics.request('miss');
    return answer(response, 404, 'not found');
  }
  const { id, open } = found;
  services.statistics.hit(id, open.record.size);
  metrics.request('hit');
  metrics.readsActive++;
  try {
    if (services.config.accelPrefix === undefined && !services.config.presign) {
      await send(response, open);
    } else await delegate(response, id, open, services);
    metrics.bytesServed += open.record.size;
  } catch (error) {
    // The headers are out: a cut connection is the only way left to say that this is not the body.
    services.logger.debug({ artifact: artifactName(id), error: String(error) }, 'transfer ended');
    response.destroy();
  } finally {
    metrics.readsActive--;
    metrics.observe('read', performance.now() - startedAt);
    await open.close();
  }
}

async function find(
  hash: TaskHash,
  grant: Grant,
  services: Services,
): Promise<{ id: ArtifactId; open: OpenArtifact } | undefined> {
  for (const scope of readableScopes(grant)) {
    const id = { scope, hash };
    try {
      const open = await services.store.read(id);
      if (open) return { id, open };
    } catch (error) {
      services.metrics.request('read-failed');
      services.logger.error({ artifact: artifactName(id), error: String(error) }, 'read failed');
    }
  }
  return undefined;
}

async function send(response: ServerResponse, { record, body }: OpenArtifact): Promise<void> {
  response.writeHead(200, [
    'Content-Type',
    'application/octet-stream',
    'Content-Length',
    String(record.size),
    'X-Artifact-Sha256',
    record.sha256,
  ]);
  if (body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  for await (const piece of body) await writePiece(response, piece);
  response.end();
}

/** Lets a front server or the bucket send the verified body, past Node and its missing sendfile. */
async function delegate(
  response: ServerResponse,
  id: ArtifactId,
  open: OpenArtifact,
  services: Services,
): Promise<void> {
  const where = await services.locator.locate(id);
  if (where === undefined) return send(response, open);
  const { accelPrefix } = services.config;
  response.writeHead(accelPrefix === undefined ? 307 : 200, [
    'Content-Type',
    'application/octet-stream',
    ...(accelPrefix === undefined
      ? ['Location', where, 'Content-Length', '0']
      : ['X-Accel-Redirect', `${accelPrefix}/${where}`]),
  ]);
  response.end();
}

/** Resolves when the kernel has the piece, so that its buffer can be filled again. */
function writePiece(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('connection closed'));
    response.once('close', onClose);
    response.write(piece, (error) => {
      response.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
