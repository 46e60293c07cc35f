/** The program and arguments that run a script file in a shell, as the documentation lists them. */
export function shellCommand(shell: string | undefined, file: string): readonly string[] {
  switch (shell) {
    case undefined:
    case '':
      return ['bash', '-e', file];
    case 'bash':
      return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', file];
    case 'sh':
      return ['sh', '-e', file];
    case 'python':
      return ['python3', file];
    case 'pwsh':
      return ['pwsh', '-command', `. '${file}'`];
    default: {
      // A template of one's own, such as `node {0}` or `perl {0}`.
      const words = shell.split(/\s+/);
      return words.includes('{0}')
        ? words.map((word) => (word === '{0}' ? file : word))
        : [...words, file];
    }
  }
}
