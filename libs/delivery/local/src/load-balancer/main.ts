import { Supervisor } from './supervisor.ts';
import { runWorker, workerStart } from './worker.ts';

/** `load-balancer.js supervisor <config file> <number of listeners>`, or `load-balancer.js worker` below it. */
async function main([role, configFile, listeners]: readonly string[]): Promise<void> {
  if (role === 'worker') {
    await runWorker(await workerStart());
    return;
  }
  if (role !== 'supervisor' || configFile === undefined) {
    throw new Error('usage: load-balancer.js supervisor <config file> <number of listeners>');
  }
  new Supervisor(process.argv[1] ?? '', configFile, Number(listeners)).run();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
