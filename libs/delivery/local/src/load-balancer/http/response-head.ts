import {
  type BodyFraming,
  CHUNKED,
  NO_BODY,
  parseContentLength,
  UNTIL_CLOSE,
} from './body-framing.ts';
import { eachHeader, isHeaderBlock, listMembers } from './header-block.ts';

/** What the balancer needs to know of a target's response; everything else passes on in `lines`. */
export interface ResponseHead {
  readonly status: number;
  /** `200 OK` */
  readonly statusText: string;
  /** The end-to-end header lines, each with its CRLF, as they came. */
  readonly lines: string;
  readonly framing: BodyFraming;
  /** Whether the target keeps the connection, and for how long if it says so. */
  readonly keepAlive: boolean;
  readonly keepAliveMs: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;

/** The headers that are not simply passed on. */
class Headers {
  lines = '';
  isAmbiguous = false;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection = '';
  keepAlive = '';

  add(name: string, value: string, line: string): void {
    switch (name) {
      case 'connection':
        this.connection += `${value},`;
        return;
      case 'keep-alive':
        this.keepAlive = value;
        return;
      case 'transfer-encoding':
        this.isAmbiguous ||=
          this.transferEncoding !== undefined || this.contentLength !== undefined;
        this.transferEncoding = value.toLowerCase();
        return;
      case 'content-length':
        this.isAmbiguous ||=
          this.transferEncoding !== undefined || this.contentLength !== undefined;
        this.contentLength = value;
        this.lines += line;
        return;
      case 'proxy-connection':
      case 'upgrade':
      case 'x-served-by':
      case 'x-request-id':
        return;
      default:
        this.lines += line;
    }
  }
}

/** Reads a response's head, up to and including the last header's CRLF; undefined if it is malformed. */
export function parseResponseHead(text: string, requestMethod: string): ResponseHead | undefined {
  const statusLine = STATUS_LINE.exec(text);
  if (statusLine === null) return undefined;
  const [line, minorVersion, code = '', reason = ''] = statusLine;
  const headerLines = text.slice(line.length);
  if (!isHeaderBlock(headerLines)) return undefined;
  const status = Number(code);
  const headers = new Headers();
  eachHeader(headerLines, headers);
  if (headers.isAmbiguous) return undefined;
  const framing = responseFraming(status, requestMethod, headers);
  if (framing === undefined) return undefined;
  const options = listMembers(headers.connection);
  const keeps = minorVersion === '1' ? !options.includes('close') : options.includes('keep-alive');
  return {
    status,
    statusText: `${code} ${reason}`,
    lines: headers.lines,
    framing,
    keepAlive: keeps && framing.kind !== 'until-close',
    keepAliveMs: announcedMs(headers.keepAlive),
  };
}

function responseFraming(
  status: number,
  requestMethod: string,
  { contentLength, transferEncoding }: Headers,
): BodyFraming | undefined {
  if (requestMethod === 'HEAD' || status < 200 || status === 204 || status === 304) return NO_BODY;
  if (transferEncoding !== undefined) return transferEncoding === 'chunked' ? CHUNKED : undefined;
  if (contentLength === undefined) return UNTIL_CLOSE;
  const bytes = parseContentLength(contentLength);
  return bytes === undefined ? undefined : { kind: 'length', bytes };
}

/** `timeout=5` means: a request sent later than 5 s after this response may find the connection closed. */
function announcedMs(keepAlive: string): number | undefined {
  if (keepAlive === '') return undefined;
  const seconds = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
