import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import { BodyReader } from './body-framing.ts';
import { ChunkedScanner } from './chunked-scanner.ts';
import { forwardedHead } from './forwarded-head.ts';
import { isRefusal, parseRequestHead, type RequestHead } from './request-head.ts';

jest.setTimeout(60_000);

const head = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
const parse = (...lines: readonly string[]) => parseRequestHead(head(...lines));

describe('parseRequestHead', () => {
  it('reads what the balancer needs and keeps the rest as it is', () => {
    expect(
      parse(
        'POST /a?b HTTP/1.1',
        'Host: cards.test:80',
        'X-Odd:  a  b ',
        'Content-Length: 12',
        'TE: x',
      ),
    ).toEqual({
      method: 'POST',
      target: '/a?b',
      isHttp10: false,
      lines: 'Host: cards.test:80\r\nX-Odd:  a  b \r\nContent-Length: 12\r\n',
      framing: { kind: 'length', bytes: 12 },
      host: 'cards.test:80',
      keepAlive: true,
      upgrade: undefined,
      expectsContinue: false,
      cookie: undefined,
      forwardedFor: undefined,
      requestId: undefined,
      revision: undefined,
    });
  });

  it.each([
    [
      'a length and chunks',
      'FRAMING_AMBIGUOUS',
      ['content-length: 3', 'transfer-encoding: chunked'],
    ],
    [
      'chunks and a length',
      'FRAMING_AMBIGUOUS',
      ['transfer-encoding: chunked', 'content-length: 3'],
    ],
    ['two lengths', 'HEADER_REPEATED', ['content-length: 3', 'content-length: 3']],
    ['a list of lengths', 'LENGTH_INVALID', ['content-length: 3, 3']],
    ['a signed length', 'LENGTH_INVALID', ['content-length: +3']],
    ['a negative length', 'LENGTH_INVALID', ['content-length: -1']],
    ['a hexadecimal length', 'LENGTH_INVALID', ['content-length: 0x4']],
    ['an empty length', 'LENGTH_INVALID', ['content-length:']],
    ['a length beyond all measure', 'LENGTH_INVALID', ['content-length: 99999999999999999999']],
    [
      'two encodings',
      'HEADER_REPEATED',
      ['transfer-encoding: chunked', 'transfer-encoding: chunked'],
    ],
    ['an unknown encoding', 'ENCODING_UNKNOWN', ['transfer-encoding: gzip, chunked']],
    ['chunks that are not last', 'ENCODING_UNKNOWN', ['transfer-encoding: chunked, identity']],
    ['a disguised encoding', 'ENCODING_UNKNOWN', ['transfer-encoding: xchunked']],
    [
      'an encoding behind a control character',
      'HEADER_INVALID',
      ['transfer-encoding: \x0bchunked'],
    ],
    ['a folded header', 'HEADER_INVALID', ['a: b', ' c: d']],
    ['a space before the colon', 'HEADER_INVALID', ['content-length : 3']],
    ['a header without a name', 'HEADER_INVALID', [': 3']],
    ['a header without a colon', 'HEADER_INVALID', ['content-length']],
    ['a NUL', 'HEADER_INVALID', ['a: b\0c']],
    ['a bare CR', 'HEADER_INVALID', ['a: b\rcontent-length: 3']],
    ['a bare LF', 'HEADER_INVALID', ['a: b\ncontent-length: 3']],
    ['two hosts', 'HEADER_REPEATED', ['host: b']],
    [
      'an end-to-end header called hop-by-hop',
      'CONNECTION_INVALID',
      ['connection: close, Content-Length'],
    ],
    ['an unknown expectation', 'EXPECTATION_UNKNOWN', ['expect: 200-ok']],
  ])('refuses %s', (_name, code, lines) => {
    expect(parse('POST / HTTP/1.1', 'host: a', ...lines)).toMatchObject({ code });
  });

  it.each([
    ['a lower-case method', 'get / HTTP/1.1', 'REQUEST_LINE_INVALID'],
    ['a missing version', 'GET /', 'REQUEST_LINE_INVALID'],
    ['HTTP/2', 'GET / HTTP/2.0', 'VERSION_UNKNOWN'],
    ['HTTP/1.2', 'GET / HTTP/1.2', 'VERSION_UNKNOWN'],
    ['two spaces', 'GET  / HTTP/1.1', 'REQUEST_LINE_INVALID'],
    ['a space in the target', 'GET /a b HTTP/1.1', 'REQUEST_LINE_INVALID'],
    ['a fragment', 'GET /a#b HTTP/1.1', 'TARGET_INVALID'],
    ['a relative target', 'GET a HTTP/1.1', 'TARGET_INVALID'],
    ['another host in the target', 'GET http://b/ HTTP/1.1', 'HOST_AMBIGUOUS'],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1', 'METHOD_REFUSED'],
    ['TRACE', 'TRACE / HTTP/1.1', 'METHOD_REFUSED'],
    ['a method that nobody knows', 'ET / HTTP/1.1', 'METHOD_REFUSED'],
  ])('refuses %s', (_name, requestLine, code) => {
    expect(parse(requestLine, 'host: a')).toMatchObject({ code });
  });

  it('needs a host in HTTP/1.1, and no chunks in HTTP/1.0', () => {
    expect(parse('GET / HTTP/1.1')).toMatchObject({ code: 'HOST_MISSING' });
    expect(parse('GET / HTTP/1.1', 'host: a b')).toMatchObject({ code: 'HOST_INVALID' });
    expect(parse('GET / HTTP/1.0')).toMatchObject({ isHttp10: true, keepAlive: false });
    expect(parse('POST / HTTP/1.0', 'transfer-encoding: chunked')).toMatchObject({
      code: 'FRAMING_AMBIGUOUS',
    });
  });

  it('takes linear time for a head that is made to be slow', () => {
    const hostile = head('GET / HTTP/1.1', 'host: a', ...Array(2_000).fill('a:b'), 'a:\x01');
    expect(parseRequestHead(hostile)).toMatchObject({ code: 'HEADER_INVALID' });
  });
});

/** One request as its receiver understands it. */
type Understood = string;

/** What the balancer understands, up to the first thing it refuses or does not have whole. */
function balancerUnderstands(wire: Buffer): {
  requests: Understood[];
  forwarded: Buffer[];
  accepted: Buffer;
} {
  const requests: Understood[] = [];
  const forwarded: Buffer[] = [];
  let start = 0;
  while (start < wire.length) {
    const end = wire.indexOf('\r\n\r\n', start);
    if (end < 0) break;
    const parsed = parseRequestHead(wire.toString('latin1', start, end + 2));
    if (isRefusal(parsed)) break;
    const reader = new BodyReader(parsed.framing);
    const bodyEnd = reader.take(wire, end + 4);
    if (bodyEnd === undefined || !reader.isDone) break;
    const body = wire.subarray(end + 4, bodyEnd);
    requests.push(understood(parsed, payload(parsed, body)));
    forwarded.push(Buffer.concat([Buffer.from(forward(parsed), 'latin1'), body]));
    start = bodyEnd;
    if (!parsed.keepAlive) break;
  }
  return { requests, forwarded, accepted: wire.subarray(0, start) };
}

const forward = (parsed: RequestHead): string =>
  forwardedHead(parsed, {
    clientAddress: '127.0.0.1',
    requestId: 'id',
    targetAddress: '127.0.0.1:1',
    announce: false,
  });

const understood = ({ method, target }: { method: string; target: string }, body: string) =>
  `${method} ${target} <${body}>`;

function payload({ framing }: RequestHead, body: Buffer): string {
  if (framing.kind !== 'chunked') return body.toString('latin1');
  const parts: string[] = [];
  new ChunkedScanner((from, to) => parts.push(body.toString('latin1', from, to))).scan(body, 0);
  return parts.join('');
}

/** What Node's own strict parser understands of the same bytes. */
async function nodeUnderstands(
  server: Server,
  seen: Understood[],
  wire: Buffer,
): Promise<Understood[]> {
  seen.length = 0;
  const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const closed = new Promise((resolve) => duplex.once('close', resolve));
  server.emit('connection', duplex);
  duplex.push(wire);
  duplex.push(null);
  await closed;
  return [...seen];
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n';

/** Header lines that have fooled proxies, and harmless ones, in odd spellings. */
const headerLine = fc.oneof(
  fc.constantFrom(
    'content-length: 0',
    `content-length: ${SMUGGLED.length}`,
    'Content-Length: 5',
    'content-length:5',
    'content-length:\t5',
    'content-length: 05',
    'content-length: 5 ',
    'content-length: 5, 5',
    'content-length: +5',
    'content_length: 5',
    'transfer-encoding: chunked',
    'Transfer-Encoding: CHUNKED',
    'transfer-encoding: chunked ',
    'transfer-encoding:\tchunked',
    'transfer-encoding : chunked',
    'transfer-encoding: identity',
    'transfer-encoding: chunked, chunked',
    'transfer-encoding: x-chunked',
    'transfer_encoding: chunked',
    ' transfer-encoding: chunked',
    'x: y\r\n transfer-encoding: chunked',
    'x: y\ntransfer-encoding: chunked',
    'x: y\rtransfer-encoding: chunked',
    'connection: close',
    'connection: transfer-encoding',
    'connection: keep-alive, x',
    'expect: 100-continue',
    'upgrade: h2c',
    'host: b',
    'x: \x00',
    'x: \x7f',
    'x: \xff',
    'x:',
    ':x',
    'x',
    '',
  ),
  fc.string({ maxLength: 12 }).map((value) => `x: ${value}`),
);

const body = fc.constantFrom(
  '',
  'abcde',
  SMUGGLED,
  `5\r\nabcde\r\n0\r\n\r\n`,
  `0\r\n\r\n${SMUGGLED}`,
  `5;a=b\r\nabcde\r\n0\r\n\r\n`,
  `5 \r\nabcde\r\n0\r\n\r\n`,
  `05\r\nabcde\r\n0\r\n\r\n`,
  `5\nabcde\n0\n\n`,
  `5\r\nabcdeX\r\n0\r\n\r\n`,
  `0x5\r\nabcde\r\n0\r\n\r\n`,
  `-5\r\nabcde\r\n0\r\n\r\n`,
  `5\r\nabcde\r\n0\r\nx: y\r\n\r\n${SMUGGLED}`,
  `5\r\nabcde\r\n0\r\ncontent-length: 3\r\n\r\n`,
  `ffffffffffffffff5\r\nabcde\r\n0\r\n\r\n`,
  `5\r\nabcde\r\n0\r\n\n${SMUGGLED}`,
);

const requestLine = fc.constantFrom(
  'GET / HTTP/1.1',
  'POST /a HTTP/1.1',
  'POST /a HTTP/1.0',
  'DELETE /a?b HTTP/1.1',
  'GET /a b HTTP/1.1',
  'GET / HTTP/1.1 ',
  'GET /\t HTTP/1.1',
  'GET / HTTP/1.01',
  'get / HTTP/1.1',
);

const wire = fc
  .tuple(requestLine, fc.array(headerLine, { maxLength: 4 }), body, fc.boolean())
  .map(([line, lines, content, repeat]) => {
    const request = `${head(line, 'host: a', ...lines)}\r\n${content}`;
    return Buffer.from(repeat ? request + request : `${request}${SMUGGLED}`, 'latin1');
  });

describe('against Node’s parser, for requests made to be misread', () => {
  const seen: Understood[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      seen.push(understood({ method: request.method ?? '', target: request.url ?? '' }, text));
      response.end();
    });
  });

  it('understands nothing that Node does not understand in the same way', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(wire, async (bytes) => {
        const { requests, accepted } = balancerUnderstands(bytes);
        count += requests.length;
        expect(await nodeUnderstands(server, seen, accepted)).toEqual(requests);
      }),
      { numRuns: 1_500, seed: 20_261 },
    );
    expect(count).toBeGreaterThan(300);
  });

  it('forwards every request so that Node reads just that one', async () => {
    await fc.assert(
      fc.asyncProperty(wire, async (bytes) => {
        const { requests, forwarded } = balancerUnderstands(bytes);
        for (const [index, each] of forwarded.entries()) {
          expect(await nodeUnderstands(server, seen, each)).toEqual([requests[index]]);
        }
      }),
      { numRuns: 1_000, seed: 20_262 },
    );
  });
});

describe('ChunkedScanner', () => {
  const chunked = fc
    .array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 6 })
    .map((chunks) => ({
      text: chunks.join(''),
      wire: Buffer.from(
        `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`,
        'latin1',
      ),
    }));

  it('finds the same content and end however the bytes are cut', () => {
    fc.assert(
      fc.property(chunked, fc.array(fc.nat(80)), ({ text, wire }, cuts) => {
        const bytes = Buffer.concat([wire, Buffer.from('GET /')]);
        let content = '';
        let piece = bytes;
        const scanner = new ChunkedScanner(
          (from, to) => (content += piece.toString('latin1', from, to)),
        );
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          piece = bytes.subarray(at, Math.min(bytes.length, at + cut));
          const end = scanner.scan(piece, 0);
          if (end === undefined) throw new Error('refused');
          at += end;
        }
        expect(scanner.isDone).toBe(true);
        expect(at).toBe(wire.length);
        expect(content).toBe(text);
      }),
      { seed: 20_263 },
    );
  });
});
