/**
 * One header block that is safe to forward: every line is `token ":" visible text CRLF`. No bare CR or LF,
 * no NUL, no folded line, no space before the colon: what two parsers could read differently is refused.
 * The quantifiers cannot overlap, so the match takes linear time.
 */
const HEADER_BLOCK = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/** Whether `lines`, each with its CRLF, can be taken apart by looking for colons and line ends. */
export function isHeaderBlock(lines: string): boolean {
  return HEADER_BLOCK.test(lines);
}

/** Takes header lines one by one. */
export interface HeaderCollector {
  /** `name` in lower case; `line` is the whole line with its CRLF. */
  add(name: string, value: string, line: string): void;
}

/** Takes a valid block apart. */
export function eachHeader(lines: string, collector: HeaderCollector): void {
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\r\n', start);
    const colon = lines.indexOf(':', start);
    collector.add(
      lines.slice(start, colon).toLowerCase(),
      lines.slice(colon + 1, end).trim(),
      lines.slice(start, end + 2),
    );
    start = end + 2;
  }
}

/** The lower-case members of a comma-separated header value. */
export function listMembers(value: string): readonly string[] {
  if (value === '') return [];
  return value
    .toLowerCase()
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
