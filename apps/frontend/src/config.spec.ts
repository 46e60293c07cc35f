import { readServerConfig } from './config.ts';

describe('the server config', () => {
  it('has a default for everything', () => {
    expect(readServerConfig({})).toEqual({
      apiUrl: new URL('http://127.0.0.1:3001'),
      revision: 'dev',
      backendTimeoutMs: 10_000,
    });
  });

  it('takes an empty variable as an unset one', () => {
    expect(readServerConfig({ API_URL: '', REVISION: '', BACKEND_TIMEOUT_MS: '' })).toEqual(
      readServerConfig({}),
    );
  });

  it('names all that is wrong at once', () => {
    const read = () => readServerConfig({ API_URL: 'ftp://x', BACKEND_TIMEOUT_MS: '-1' });
    expect(read).toThrow(/API_URL[^]*BACKEND_TIMEOUT_MS/);
  });
});
