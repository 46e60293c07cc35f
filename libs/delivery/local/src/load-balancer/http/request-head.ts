import { type BodyFraming, CHUNKED, NO_BODY, parseContentLength } from './body-framing.ts';
import { eachHeader, isHeaderBlock, listMembers } from './header-block.ts';

/** What the balancer needs to know of a request; everything else passes on in `lines`. */
export interface RequestHead {
  readonly method: string;
  /** Origin form: `/path?query`, or `*` with OPTIONS. */
  readonly target: string;
  readonly isHttp10: boolean;
  /** The end-to-end header lines, each with its CRLF, as they came. */
  readonly lines: string;
  readonly framing: BodyFraming;
  readonly host: string;
  /** Whether the client wants its connection back. */
  readonly keepAlive: boolean;
  /** The only protocol that connections are upgraded to; `h2c` would tunnel requests past all checks. */
  readonly upgrade: 'websocket' | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  readonly cookie: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly requestId: string | undefined;
  /** The value of `x-revision`. */
  readonly revision: string | undefined;
}

/** Why a request is not forwarded, in terms of the answer. */
export interface Refusal {
  readonly status: 400 | 405 | 417 | 431 | 501 | 505;
  readonly code: string;
  readonly detail: string;
}

export function isRefusal(head: RequestHead | Refusal): head is Refusal {
  return 'status' in head;
}

const REQUEST_LINE = /^([A-Z]{1,20}) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])\r\n/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)([^#]*)$/i;
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** What `Connection` must not declare to be hop-by-hop, or a request could lose its meaning on the way. */
const END_TO_END = new Set([
  'content-length',
  'transfer-encoding',
  'host',
  'cookie',
  'authorization',
]);

/** The headers that are not simply passed on: they concern one connection, or the balancer sets them. */
class Headers {
  lines = '';
  /** Set where a header that must stand alone is repeated. */
  repeated: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  host: string | undefined;
  cookie: string | undefined;
  connection: string | undefined;
  upgrade: string | undefined;
  expect: string | undefined;
  forwardedFor: string | undefined;
  requestId: string | undefined;
  revision: string | undefined;

  add(name: string, value: string, line: string): void {
    switch (name) {
      case 'content-length':
        if (this.contentLength !== undefined) this.repeated = name;
        this.contentLength = value;
        this.lines += line;
        return;
      case 'transfer-encoding':
        if (this.transferEncoding !== undefined) this.repeated = name;
        this.transferEncoding = value;
        return;
      case 'host':
        if (this.host !== undefined) this.repeated = name;
        this.host = value;
        this.lines += line;
        return;
      case 'cookie':
        this.cookie = this.cookie === undefined ? value : `${this.cookie}; ${value}`;
        this.lines += line;
        return;
      case 'connection':
        this.connection = joined(this.connection, value);
        return;
      case 'upgrade':
        this.upgrade = joined(this.upgrade, value);
        return;
      case 'expect':
        this.expect = joined(this.expect, value);
        return;
      case 'x-forwarded-for':
        this.forwardedFor = joined(this.forwardedFor, value);
        return;
      case 'x-request-id':
        this.requestId = joined(this.requestId, value);
        return;
      case 'x-revision':
        this.revision = joined(this.revision, value);
        return;
      case 'keep-alive':
      case 'proxy-connection':
      case 'te':
      case 'x-forwarded-host':
      case 'x-forwarded-proto':
        return;
      default:
        this.lines += line;
    }
  }
}

function joined(earlier: string | undefined, value: string): string {
  return earlier === undefined ? value : `${earlier}, ${value}`;
}

/**
 * Reads a request's head: the text up to and including the last header's CRLF. Wherever two readers could
 * disagree about where the message ends or whom it is for, it is refused (RFC 9112, sections 3.2 and 6.3).
 */
export function parseRequestHead(text: string): RequestHead | Refusal {
  const requestLine = REQUEST_LINE.exec(text);
  if (requestLine === null) return badRequestLine(text);
  const [line, method = '', rawTarget = '', minorVersion] = requestLine;
  const headerLines = text.slice(line.length);
  if (!isHeaderBlock(headerLines)) return bad('HEADER_INVALID', 'a header line is malformed');
  const isHttp10 = minorVersion === '0';
  const headers = new Headers();
  eachHeader(headerLines, headers);
  if (headers.repeated !== undefined)
    return bad('HEADER_REPEATED', `${headers.repeated} is repeated`);
  const framing = requestFraming(headers, isHttp10);
  if ('status' in framing) return framing;
  if (headers.host === undefined && !isHttp10) return bad('HOST_MISSING', 'HTTP/1.1 needs a host');
  const host = headers.host ?? '';
  if (!HOST.test(host)) return bad('HOST_INVALID', 'the host is malformed');
  const target = originForm(method, rawTarget, host);
  if (typeof target !== 'string') return target;
  if (method === 'TRACE' || method === 'CONNECT') {
    return { status: 405, code: 'METHOD_REFUSED', detail: `${method} is not forwarded` };
  }
  const expect = headers.expect?.toLowerCase();
  if (expect !== undefined && expect !== '100-continue') {
    return {
      status: 417,
      code: 'EXPECTATION_UNKNOWN',
      detail: 'only 100-continue can be expected',
    };
  }
  const options = headers.connection === undefined ? NO_OPTIONS : listMembers(headers.connection);
  if (options.some((option) => END_TO_END.has(option))) {
    return bad('CONNECTION_INVALID', 'connection names an end-to-end header');
  }
  const { requestId } = headers;
  return {
    method,
    target,
    isHttp10,
    lines: withoutOptions(headers.lines, options),
    framing,
    host,
    keepAlive: !isHttp10 && !options.includes('close'),
    upgrade: upgradeOf(headers, options, method, framing),
    expectsContinue: expect !== undefined && framing.kind !== 'none' && !isHttp10,
    cookie: headers.cookie,
    forwardedFor: headers.forwardedFor,
    requestId: requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : undefined,
    revision: headers.revision,
  };
}

const NO_OPTIONS: readonly string[] = [];

function requestFraming(headers: Headers, isHttp10: boolean): BodyFraming | Refusal {
  const { contentLength, transferEncoding } = headers;
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) {
      return bad('FRAMING_AMBIGUOUS', 'content-length and transfer-encoding exclude each other');
    }
    if (isHttp10) return bad('FRAMING_AMBIGUOUS', 'HTTP/1.0 knows no transfer-encoding');
    if (transferEncoding.toLowerCase() !== 'chunked') {
      return { status: 501, code: 'ENCODING_UNKNOWN', detail: 'only chunked is understood' };
    }
    return CHUNKED;
  }
  if (contentLength === undefined) return NO_BODY;
  const bytes = parseContentLength(contentLength);
  if (bytes === undefined) return bad('LENGTH_INVALID', 'content-length is not a length');
  return bytes === 0 ? NO_BODY : { kind: 'length', bytes };
}

function originForm(method: string, target: string, host: string): string | Refusal {
  if (target.startsWith('/')) {
    return target.includes('#') ? bad('TARGET_INVALID', 'the target has a fragment') : target;
  }
  if (target === '*' && method === 'OPTIONS') return target;
  if (method === 'CONNECT') return target;
  const [, authority, path = ''] = ABSOLUTE_FORM.exec(target) ?? [];
  if (authority === undefined)
    return bad('TARGET_INVALID', 'the target is neither a path nor a URL');
  if (authority.toLowerCase() !== host.toLowerCase()) {
    return bad('HOST_AMBIGUOUS', 'the target and the host header name different hosts');
  }
  return path.startsWith('/') ? path : `/${path}`;
}

function upgradeOf(
  headers: Headers,
  options: readonly string[],
  method: string,
  framing: BodyFraming,
): 'websocket' | undefined {
  const asked = headers.upgrade?.toLowerCase() === 'websocket' && options.includes('upgrade');
  return asked && method === 'GET' && framing.kind === 'none' ? 'websocket' : undefined;
}

/** Drops the headers that `Connection` declares to be between the client and us. */
function withoutOptions(lines: string, options: readonly string[]): string {
  if (options.length === 0) return lines;
  const named = options.filter(
    (option) => !['close', 'keep-alive', 'upgrade', 'te'].includes(option),
  );
  if (named.length === 0) return lines;
  let kept = '';
  eachHeader(lines, {
    add(name, _value, line) {
      if (!named.includes(name)) kept += line;
    },
  });
  return kept;
}

function badRequestLine(text: string): Refusal {
  if (/^[A-Z]{1,20} [\x21-\x7e\x80-\xff]+ HTTP\/\d\.\d\r\n/.test(text)) {
    return {
      status: 505,
      code: 'VERSION_UNKNOWN',
      detail: 'only HTTP/1.0 and HTTP/1.1 are spoken',
    };
  }
  return bad('REQUEST_LINE_INVALID', 'the request line is malformed');
}

function bad(code: string, detail: string): Refusal {
  return { status: 400, code, detail };
}
