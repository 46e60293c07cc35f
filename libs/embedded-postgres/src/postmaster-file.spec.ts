import { parsePostmasterFile } from './postmaster-file.ts';

const file = (status: string) =>
  `4711\n/data/cluster\n1732340000\n54321\n\n127.0.0.1\n  1234567  65536\n${status}\n`;

describe('parsePostmasterFile', () => {
  it('reads process number, port and the padded status', () => {
    expect(parsePostmasterFile(file('ready   '))).toEqual({
      pid: 4711,
      port: 54321,
      status: 'ready',
    });
  });

  it('calls a server without a status line starting', () => {
    expect(parsePostmasterFile('4711\n/data/cluster\n')).toEqual({
      pid: 4711,
      port: undefined,
      status: 'starting',
    });
  });

  it('knows a server that shuts down', () => {
    expect(parsePostmasterFile(file('stopping'))?.status).toBe('stopping');
  });

  it.each(['', '\n', 'x\n', '0\n', '-17\n'])('finds no server in %j', (text) => {
    expect(parsePostmasterFile(text)).toBeUndefined();
  });
});
