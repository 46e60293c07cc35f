/**
 * Outlives the runner by a moment: when the runner's end of the pipe closes, however it died, every
 * process that carries the run's marker is killed. Nx gives an executor 0.2 s after Ctrl-C.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');

/**
 * Every process of a run has a variable of this name with the run's marker after it. A run inside a
 * run has both, so that the outer one can end everything.
 */
const markPrefix = 'CI_RUN_MARK_';

/** Starts the watchdog; ending its standard input dismisses it. */
function startWatchdog(marker) {
  const child = spawn(process.execPath, [__filename, marker], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  return child.stdin;
}

/** Ends every process that carries the mark of a run, also one that left its group; says how many. */
function killMarked(marker) {
  if (!fs.existsSync('/proc')) return 0;
  let found = 0;
  for (const name of fs.readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const environ = fs.readFileSync(`/proc/${name}/environ`, 'utf8');
      if (!environ.includes(`${markPrefix}${marker}=`)) continue;
      process.kill(pid, 'SIGKILL');
      found += 1;
    } catch {
      // It ended by itself, or belongs to somebody else.
    }
  }
  return found;
}

if (require.main === module) {
  process.stdin.resume();
  process.stdin.on('end', () => {
    // A process may fork while it is looked for; a sweep that finds none is the last.
    while (killMarked(process.argv[2]) > 0);
    process.exit(0);
  });
  // The terminal's Ctrl-C goes to the whole foreground group; this one has to stay for the others.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
}

module.exports = { killMarked, markPrefix, startWatchdog };
