/** Runs once when the server starts. Next compiles it for its edge runtime too, which has no process. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { requireConfig } = await import('./instrumentation-node.ts');
    requireConfig();
  }
}
