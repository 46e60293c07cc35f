import { pathToFileURL } from 'node:url';
import { runCommand } from './command.ts';

// libuv reads this at its first use: more threads let fsync calls share one commit of the journal.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await runCommand(process.argv.slice(2), process.env);
}
