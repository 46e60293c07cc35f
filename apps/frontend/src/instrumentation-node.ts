import { serverConfig } from './config.ts';

/** A wrong environment must stop the server as it starts, not fail each request. */
export function requireConfig(): void {
  try {
    serverConfig();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
