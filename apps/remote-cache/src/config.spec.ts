import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionSchema, readServerConfig } from './config.ts';

describe('readServerConfig', () => {
  it('needs nothing', () => {
    expect(readServerConfig([], {})).toMatchObject({
      dir: 'tmp/remote-cache',
      host: '127.0.0.1',
      page: 'open',
      s3: undefined,
      oidc: undefined,
    });
  });

  it('prefers a flag to the environment, and that to the default', () => {
    const environment = { REMOTE_CACHE_PORT: '4000', REMOTE_CACHE_MAX_BYTES: '1.5GiB' };
    const config = readServerConfig(['--port', '5000'], environment);
    expect([config.port, config.limits.maxBytes]).toEqual([5000, 1.5 * 2 ** 30]);
  });

  it('closes the page to strangers as soon as the server can be reached from elsewhere', () => {
    expect(readServerConfig(['--host', '0.0.0.0'], {}).page).toBe('token');
    expect(readServerConfig(['--host', '0.0.0.0', '--page', 'open'], {}).page).toBe('open');
  });

  it('reports every problem together', () => {
    expect(() => readServerConfig(['--port', 'x', '--max-bytes', 'many'], {})).toThrow(
      /--port: [^]*--max-bytes: /,
    );
    const contradictory = ['--tls-cert', 'a', '--oidc-audience', 'b', '--s3-presign', 'true'];
    expect(() => readServerConfig(contradictory, {})).toThrow(
      /--tls-key[^]*--oidc-repository-id, --oidc-workflows[^]*--s3-presign/,
    );
    expect(() => readServerConfig(['--unknown', 'x'], {})).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('is described option by option in the docs', () => {
    const docs = readFileSync(join(__dirname, '../../../docs/remote-cache.md'), 'utf8');
    const missing = Object.keys(optionSchema.shape).filter(
      (name) => !docs.includes(`\`--${name}\``),
    );
    expect(missing).toEqual([]);
  });
});
