import { CodedError } from '@prompt-card/core';

/** Turns an answer into an executor's result, and a coded error into its message and next move. */
export async function translate(run: () => Promise<boolean>): Promise<{ success: boolean }> {
  try {
    return { success: await run() };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    console.error(`${error.code}: ${error.message}${error.next ? `\nnext: ${error.next}` : ''}`);
    return { success: false };
  }
}
