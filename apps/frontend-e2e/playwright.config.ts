import { defineConfig, devices } from '@playwright/test';

/**
 * `BASE_URL` names a frontend that runs already; without it the built apps are started for the run.
 * `CHROMIUM_PATH` names the browser; without it the one that `playwright install chromium` fetched.
 */
const { CHROMIUM_PATH } = process.env;

const chromiumArguments = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: './src',
  outputDir: './test-output',
  globalSetup: './src/global-setup.ts',
  forbidOnly: process.env.CI !== undefined,
  workers: 1,
  // Generous, for a busy machine: a test that waits for something ends when that is there.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    permissions: ['clipboard-read', 'clipboard-write'],
    trace: 'retain-on-failure',
    launchOptions: {
      args: chromiumArguments,
      ...(CHROMIUM_PATH === undefined ? {} : { executablePath: CHROMIUM_PATH }),
    },
  },
});
