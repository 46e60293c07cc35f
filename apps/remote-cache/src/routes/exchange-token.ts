import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeSession } from '../access/session-token.ts';
import { answer, answerJson } from '../protocol/answer.ts';
import type { Services } from '../services.ts';

const JWT = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i;

/** `POST /token`: an identity token of a CI job, sent as bearer, for a token of this cache. */
export async function exchangeToken(
  request: IncomingMessage,
  response: ServerResponse,
  services: Services,
): Promise<void> {
  request.resume();
  if (!services.workloads) return answer(response, 404, 'no identity provider is configured');
  const address = request.socket.remoteAddress;
  const jwt = JWT.exec(request.headers.authorization ?? '')?.[1];
  if (!jwt) return answer(response, 401, 'send the identity token as bearer');
  const exchange = await services.workloads.exchange(jwt);
  if (exchange.kind === 'refused') {
    services.audit.record({ event: 'exchange-refused', reason: exchange.reason }, { address });
    return answer(response, 401, exchange.reason);
  }
  const { grant, principal, run } = exchange;
  const expiresAt = services.now() + services.config.sessionTtlMs;
  const id = randomBytes(4).toString('hex');
  const token = encodeSession({ id, ...grant, principal, run, expiresAt }, services.key);
  const actor = { principal: `${principal}#${id}`, run, address };
  services.audit.record({ event: 'exchanged', ...grant }, actor);
  answerJson(response, 200, { token, ...grant, expiresAt: new Date(expiresAt).toISOString() });
}
