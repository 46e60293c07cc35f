import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayDropScope, parseTrustScope } from '@prompt-card/cache';
import { answer } from '../protocol/answer.ts';
import type { Services } from '../services.ts';

/** `DELETE /v1/scopes/pr-<number>`: a closed pull request takes its artifacts with it. */
export async function dropScope(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  services: Services,
): Promise<void> {
  request.resume();
  const identity = services.authenticator.identify(request.headers.authorization);
  if (!identity) return answer(response, 401, 'the token is not valid');
  const scope = parseTrustScope(name);
  if (!scope || !mayDropScope(identity.grant, scope)) {
    return answer(response, 403, 'this token may not drop that scope');
  }
  const artifacts = await services.retention.drop(scope);
  const { principal, run } = identity;
  services.audit.record({ event: 'scope-dropped', scope, artifacts }, { principal, run });
  answer(response, 200, `dropped ${artifacts} artifacts`);
}
