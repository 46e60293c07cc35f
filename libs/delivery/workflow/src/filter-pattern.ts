/**
 * GitHub's filter patterns for branches, tags and paths: `*` stops at a slash, `**` does not, `?`,
 * `+` and `[]` act on the character before or at them, `!` takes matches away again, and the last
 * pattern that matches decides.
 */
export function matchesFilter(patterns: readonly string[], value: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const isNegative = pattern.startsWith('!');
    if (toRegExp(isNegative ? pattern.slice(1) : pattern).test(value)) matched = !isNegative;
  }
  return matched;
}

const compiled = new Map<string, RegExp>();

function toRegExp(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (character === '*' && pattern[i + 1] === '*') {
      // `**/` also stands for nothing at all: `docs/**/*.md` matches `docs/hello.md`.
      const slash = pattern[i + 2] === '/';
      source += slash ? '(?:.*/)?' : '.*';
      i += slash ? 2 : 1;
    } else if (character === '*') source += '[^/]*';
    else if (character === '?' || character === '+') source += character;
    else if (character === '[') {
      const end = pattern.indexOf(']', i);
      source += end < 0 ? '\\[' : pattern.slice(i, end + 1);
      if (end >= 0) i = end;
    } else if (character === '\\') source += `\\${pattern.charAt(++i)}`;
    else source += /[\w/-]/.test(character) ? character : `\\${character}`;
  }
  const expression = safeRegExp(`^${source}$`);
  compiled.set(pattern, expression);
  return expression;
}

/** A pattern that is no valid expression (`[z-a]`, a leading `?`) matches nothing, as on GitHub. */
function safeRegExp(source: string): RegExp {
  try {
    return new RegExp(source, 's');
  } catch {
    return /$^/;
  }
}

/** Whether a pattern holds none of the special characters, so that it stands for one value. */
export function isLiteralPattern(pattern: string): boolean {
  return !/[*?+[\]!\\]/.test(pattern);
}
