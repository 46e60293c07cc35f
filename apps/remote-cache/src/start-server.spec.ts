import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from './config.ts';
import { startServer } from './start-server.ts';
import { startRig } from './testing/rig.ts';
import { tlsFixture } from './testing/tls-fixture.ts';

describe('startServer', () => {
  it('serves TLS with a certificate from files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, tlsFixture.cert);
    writeFileSync(key, tlsFixture.key);
    const rig = await startRig(['--tls-cert', cert, '--tls-key', key]);
    expect(rig.url).toMatch(/^https:/);
    const get = () =>
      new Promise<number | undefined>((resolve, reject) => {
        https
          .get(`${rig.url}/health`, { ca: tlsFixture.cert, agent: false }, (response) => {
            response.resume();
            response.once('end', () => resolve(response.statusCode));
          })
          .once('error', reject);
      });
    expect(await get()).toBe(200);
    rig.server.reloadTls();
    expect(await get()).toBe(200);
    await rig.close();
    rmSync(folder, { recursive: true });
  });

  it('says which address is in use', async () => {
    const rig = await startRig();
    const other = mkdtempSync(join(tmpdir(), 'second-'));
    const config = readServerConfig(['--dir', other, '--port', String(rig.port)], {});
    const quiet = () => undefined;
    const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    await expect(startServer(config, logger)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await rig.close();
    rmSync(other, { recursive: true });
  });

  it('leaves the sending to a front server, and closes when nothing is left to send', async () => {
    const rig = await startRig(['--accel-prefix', '/_artifacts']);
    const token = rig.token('trusted');
    await rig.put('1', token, 'sent by the front server');
    const reply = await rig.get('1', token);
    expect(reply.text).toBe('');
    expect(reply.headers.get('x-accel-redirect')).toMatch(
      /^\/_artifacts\/trusted\/01\/\d+-[0-9a-f]{24}\.blob$/,
    );
    await rig.close();
  });
});
