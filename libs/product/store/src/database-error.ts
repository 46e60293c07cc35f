import { StoreError, type StoreErrorCode } from './store-error.ts';

/**
 * Translates what the driver throws. Drizzle wraps each failure into an error whose message quotes the
 * query's parameters, which are the users' texts: only the driver's own error is kept as the cause.
 */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const cause = driverError(error);
  const code = classify(cause);
  return new StoreError(code, messages[code], { cause, next: moves[code] });
}

/** Runs database work and throws nothing but {@link StoreError}. */
export async function translateErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

type DatabaseErrorCode = Extract<
  StoreErrorCode,
  'DATABASE_UNREACHABLE' | 'DATABASE_TIMEOUT' | 'DATABASE_FAILED'
>;

const messages: Record<DatabaseErrorCode, string> = {
  DATABASE_UNREACHABLE: 'the database cannot be reached',
  DATABASE_TIMEOUT: 'the database took too long',
  DATABASE_FAILED: 'the database rejected a query',
};

const moves: Record<DatabaseErrorCode, string> = {
  DATABASE_UNREACHABLE: 'check that DATABASE_URL names a running server with free connections',
  DATABASE_TIMEOUT: 'look for long transactions in pg_stat_activity',
  DATABASE_FAILED: 'read the cause; are all migrations applied?',
};

/**
 * SQLSTATE classes and codes: 08 connection, 28 authorisation, 3D000 unknown database, 53 no resources,
 * 57P0x shutting down or starting up; 57014 statement timeout, 55P03 lock timeout. Everything that is not
 * a SQLSTATE comes from the socket or from pg itself.
 */
function classify(cause: unknown): DatabaseErrorCode {
  const code = codeOf(cause);
  if (code === '57014' || code === '55P03' || code === 'ETIMEDOUT') return 'DATABASE_TIMEOUT';
  if (/^(08|28|53|57P0)/.test(code) || code === '3D000') return 'DATABASE_UNREACHABLE';
  if (/^E[A-Z]+$/.test(code)) return 'DATABASE_UNREACHABLE';
  // pg reports these without a code.
  const message = cause instanceof Error ? cause.message : '';
  if (/query read timeout/i.test(message)) return 'DATABASE_TIMEOUT';
  if (/timeout|terminated|not queryable|closed|after calling end/i.test(message)) {
    return 'DATABASE_UNREACHABLE';
  }
  return 'DATABASE_FAILED';
}

function driverError(error: unknown): unknown {
  const wrapped = error instanceof Error && error.message.startsWith('Failed query');
  return wrapped && error.cause !== undefined ? error.cause : error;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
