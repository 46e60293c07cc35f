import fs from 'node:fs';
import { chromium } from '@playwright/test';
import { startSystem } from './system.ts';

/** Gives every test a frontend to visit in `BASE_URL`; returns what ends it. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  requireBrowser(process.env.CHROMIUM_PATH ?? chromium.executablePath());
  if (process.env.BASE_URL !== undefined) return undefined;
  const system = await startSystem(process.env.DATABASE_URL);
  process.env.BASE_URL = system.url;
  return system.stop;
}

function requireBrowser(executable: string): void {
  if (fs.existsSync(executable)) return;
  throw new Error(
    `There is no browser at ${executable}. ` +
      'Set CHROMIUM_PATH to a Chromium, or run `npx playwright install chromium`.',
  );
}
