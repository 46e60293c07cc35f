import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK, type KeyLike } from 'jose';
import { startRig, type Rig } from '../testing/rig.ts';

const AUDIENCE = 'https://cache.example';
const WORKFLOW = 'octo/app/.github/workflows/ci.yml';

/** An identity provider as GitHub's: it publishes its keys, and its jobs get tokens signed by them. */
interface Provider {
  readonly issuer: string;
  readonly keyFetches: number;
  rotate(): Promise<void>;
  sign(claims?: Record<string, unknown>, options?: SignOptions): Promise<string>;
  close(): Promise<void>;
}
interface SignOptions {
  readonly audience?: string;
  readonly expiresIn?: string;
  readonly key?: KeyLike;
}

async function startProvider(): Promise<Provider> {
  let fetches = 0;
  let serial = 0;
  let current: { id: string; key: KeyLike; published: JWK };
  const rotate = async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const id = `key-${serial++}`;
    const published = { ...(await exportJWK(publicKey)), kid: id, alg: 'RS256', use: 'sig' };
    current = { id, key: privateKey, published };
  };
  await rotate();
  const server = http.createServer((_, response) => {
    fetches++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [current.published] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    get keyFetches() {
      return fetches;
    },
    rotate,
    sign: (claims = {}, { audience = AUDIENCE, expiresIn = '5m', key = current.key } = {}) =>
      new SignJWT({ ...jobOnMain(), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: current.id })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .setJti(`jwt-${serial++}`)
        .sign(key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const jobOnMain = () => ({
  repository: 'octo/app',
  repository_id: '42',
  ref: 'refs/heads/main',
  event_name: 'push',
  job_workflow_ref: `${WORKFLOW}@refs/heads/main`,
  run_id: '900',
});
const jobOfPullRequest = {
  ref: 'refs/pull/12/merge',
  event_name: 'pull_request',
  job_workflow_ref: `${WORKFLOW}@refs/pull/12/merge`,
};

let provider: Provider;
let rig: Rig;

beforeEach(async () => {
  provider = await startProvider();
  rig = await startRig([
    ...['--oidc-issuer', provider.issuer, '--oidc-audience', AUDIENCE],
    ...['--oidc-repository-id', '42', '--oidc-workflows', WORKFLOW],
  ]);
});
afterEach(async () => {
  await rig.close();
  await provider.close();
});

async function exchange(jwt: string) {
  const response = await fetch(`${rig.url}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${jwt}` },
  });
  const text = await response.text();
  const body = response.ok ? (JSON.parse(text) as { token: string; scope: string }) : undefined;
  return { status: response.status, text, token: body?.token ?? '', scope: body?.scope };
}

describe('POST /token', () => {
  it('gives a job on a trusted ref a token that writes what is trusted', async () => {
    const { status, token, scope } = await exchange(await provider.sign());
    expect([status, scope]).toEqual([200, 'trusted']);
    expect((await rig.put('1', token, 'built on main')).status).toBe(200);
    expect((await rig.get('1', rig.token('trusted'))).text).toBe('built on main');
    expect(readFileSync(join(rig.dir, 'audit.log'), 'utf8')).toMatch(
      /"github:octo\/app#[0-9a-f]{8}","run":"900"/,
    );
  });

  it('gives a pull request’s job a token of its own scope', async () => {
    const { token, scope } = await exchange(await provider.sign(jobOfPullRequest));
    expect(scope).toBe('pr-12');
    await rig.put('1', token, 'poison');
    expect((await rig.get('1', rig.token('trusted'))).status).toBe(404);
  });

  it('takes each identity token once, also after a restart', async () => {
    const jwt = await provider.sign();
    expect((await exchange(jwt)).status).toBe(200);
    expect(await exchange(jwt)).toMatchObject({
      status: 401,
      text: expect.stringMatching(/used before/),
    });
    await rig.restart();
    expect((await exchange(jwt)).status).toBe(401);
  });

  it('gives tokens that outlive a restart of the server, and not their revocation', async () => {
    const { token } = await exchange(await provider.sign());
    await rig.put('1', token, 'body');
    await rig.restart();
    expect((await rig.get('1', token)).status).toBe(200);
    const { tokenCommand } = await import('./token-command.ts');
    const session = JSON.parse(
      Buffer.from(token.slice(4).split('.')[0] ?? '', 'base64url').toString(),
    ) as { id: string };
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await tokenCommand(['revoke', session.id, '--dir', rig.dir], {});
    log.mockRestore();
    while ((await rig.get('1', token)).status !== 401) await new Promise(setImmediate);
  });

  it('refuses another audience, an expired token, and one signed by somebody else', async () => {
    const stranger = await generateKeyPair('RS256');
    const refused = await Promise.all([
      exchange(await provider.sign({}, { audience: 'https://elsewhere' })),
      exchange(await provider.sign({}, { expiresIn: '-1m' })),
      exchange(await provider.sign({}, { key: stranger.privateKey })),
      exchange(
        new UnsecuredJWT(jobOnMain()).setIssuer(provider.issuer).setAudience(AUDIENCE).encode(),
      ),
      exchange('not.a.jwt'),
      exchange(''),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
  });

  it.each([
    { event_name: 'pull_request_target' },
    { event_name: 'workflow_run' },
    { repository_id: '43' },
    { job_workflow_ref: 'octo/app/.github/workflows/evil.yml@refs/heads/main' },
  ])('refuses a job with %j', async (claims) => {
    expect((await exchange(await provider.sign(claims))).status).toBe(401);
  });

  it('caches the provider’s keys, and fetches them again when an unknown one is named', async () => {
    await exchange(await provider.sign());
    await exchange(await provider.sign());
    expect(provider.keyFetches).toBe(1);
    const stale = await provider.sign();
    await provider.rotate();
    // Within the cool-down an unknown key is refused without asking: nobody can make the server ask.
    expect((await exchange(await provider.sign())).status).toBe(401);
    expect(provider.keyFetches).toBe(1);
    expect((await exchange(stale)).status).toBe(200);
  });
});
