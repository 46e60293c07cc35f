import { CiError } from '../ci-error.ts';

/**
 * Reads a file of `name=value` lines and `name<<END` … `END` blocks, as steps write GITHUB_ENV,
 * GITHUB_OUTPUT and GITHUB_STATE. A line that is neither fails the step, as on GitHub.
 */
export function parseEnvFile(file: string, text: string): Map<string, string> {
  const values = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const end = line.slice(heredoc + 2);
      const close = lines.indexOf(end, i + 1);
      if (end === '' || close < 0) throw invalid(file, `'${line}' has no closing '${end}'`);
      values.set(line.slice(0, heredoc), lines.slice(i + 1, close).join('\n'));
      i = close;
    } else if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
    else throw invalid(file, `'${line}' is neither name=value nor name<<END`);
  }
  return values;
}

const invalid = (file: string, message: string) =>
  new CiError('STEP_INVALID', `${file}: ${message}`, {
    next: 'write name=value, or a block from name<<END to END for several lines',
  });
