import type { IncomingMessage, ServerResponse } from 'node:http';
import { artifactName, writableScope, type ArtifactId, type TaskHash } from '@prompt-card/cache';
import type { Identity } from '../access/identity.ts';
import { answer } from '../protocol/answer.ts';
import { drain, refuseUpload, type RefusalReason } from '../protocol/refusal.ts';
import { UploadBody } from '../protocol/upload-body.ts';
import type { Services } from '../services.ts';

/**
 * `PUT /v1/cache/<hash>`: 200 when it is stored, 409 when there is one, 403 for every reason not to
 * take it. Nx fails the task on anything else.
 */
export async function writeArtifact(
  request: IncomingMessage,
  response: ServerResponse,
  hash: TaskHash | undefined,
  services: Services,
): Promise<void> {
  const identity = services.authenticator.identify(request.headers.authorization);
  if (!identity) {
    services.metrics.request('write-denied');
    services.audit.record(
      { event: 'denied', path: request.url ?? '' },
      { address: request.socket.remoteAddress },
    );
    answer(response, 401, 'the token is missing, unknown, expired or revoked');
    return drain(request, 60_000);
  }
  const scope = writableScope(identity.grant);
  const size = announcedSize(request);
  const refuse = (reason: RefusalReason) => {
    services.metrics.request('refused');
    services.metrics.refusal(reason);
    const artifact = hash && scope ? artifactName({ scope, hash }) : (request.url ?? '');
    services.audit.record({ event: 'refused', artifact, reason }, actor(identity, request));
    refuseUpload(request, response, reason);
  };
  if (!scope) return refuse('read-only');
  if (!hash) return refuse('bad-hash');
  if (size === undefined) return refuse('no-length');
  if (size > services.config.maxArtifactBytes) return refuse('too-large');
  if (services.isDraining()) return refuse('draining');
  if (!services.writeRate.admits(identity.principal)) return refuse('rate');
  if (!(await services.retention.reserve(scope, size))) return refuse('quota');
  await receive(request, response, { scope, hash }, size, identity, services, refuse);
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  id: ArtifactId,
  size: number,
  identity: Identity,
  services: Services,
  refuse: (reason: RefusalReason) => void,
): Promise<void> {
  const { metrics, audit } = services;
  const artifact = artifactName(id);
  const body = new UploadBody(request, services.config.uploadPace);
  const startedAt = performance.now();
  metrics.uploadsActive++;
  let isStored = false;
  try {
    const { principal, run } = identity;
    const outcome = await services.store.write(id, { size, body, principal, run });
    switch (outcome.kind) {
      case 'stored':
        isStored = true;
        services.statistics.write(size);
        metrics.bytesStored += size;
        metrics.request('stored');
        audit.record({ event: 'stored', artifact, size }, actor(identity, request));
        return answer(response, 200, 'stored');
      case 'exists':
        metrics.request('exists');
        audit.record({ event: 'exists', artifact, size }, actor(identity, request));
        return answer(response, 409, 'there is one already, and artifacts never change');
      case 'incomplete':
        if (body.isTooSlow) return refuse('too-slow');
        metrics.request('incomplete');
        audit.record(
          { event: 'incomplete', artifact, received: outcome.received },
          actor(identity, request),
        );
        return void response.destroy();
      case 'unavailable':
        services.logger.error({ artifact, reason: outcome.reason }, 'could not store');
        return refuse('disk');
    }
  } catch (error) {
    services.logger.error({ artifact, error: String(error) }, 'write failed');
    refuse('disk');
  } finally {
    body.release();
    metrics.uploadsActive--;
    metrics.observe('write', performance.now() - startedAt);
    services.retention.settle(id.scope, size, isStored);
    drain(request, 60_000);
  }
}

function announcedSize(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function actor(identity: Identity, request: IncomingMessage) {
  const { principal, run } = identity;
  return { principal, run, address: request.socket.remoteAddress };
}
