import { toStoreError } from './database-error.ts';
import { StoreError } from './store-error.ts';

const failure = (code: string) => Object.assign(new Error('driver says no'), { code });

describe('toStoreError', () => {
  it.each([
    ['ECONNREFUSED', 'DATABASE_UNREACHABLE'],
    ['ENOTFOUND', 'DATABASE_UNREACHABLE'],
    ['08006', 'DATABASE_UNREACHABLE'],
    ['28P01', 'DATABASE_UNREACHABLE'],
    ['3D000', 'DATABASE_UNREACHABLE'],
    ['53300', 'DATABASE_UNREACHABLE'],
    ['57P01', 'DATABASE_UNREACHABLE'],
    ['57014', 'DATABASE_TIMEOUT'],
    ['55P03', 'DATABASE_TIMEOUT'],
    ['42P01', 'DATABASE_FAILED'],
    ['23505', 'DATABASE_FAILED'],
  ])('reads %s as %s', (code, expected) => {
    expect(toStoreError(failure(code)).code).toBe(expected);
  });

  it.each([
    ['timeout exceeded when trying to connect', 'DATABASE_UNREACHABLE'],
    ['Connection terminated unexpectedly', 'DATABASE_UNREACHABLE'],
    ['Query read timeout', 'DATABASE_TIMEOUT'],
    ['something else', 'DATABASE_FAILED'],
  ])('reads the uncoded "%s" as %s', (message, expected) => {
    expect(toStoreError(new Error(message)).code).toBe(expected);
  });

  it('keeps what users wrote out of the error', () => {
    const driver = failure('22021');
    const wrapped = new Error('Failed query: insert ...\nparams: my secret prompt', {
      cause: driver,
    });
    const error = toStoreError(wrapped);
    expect(error.cause).toBe(driver);
    expect(`${error.message} ${error.next}`).not.toContain('secret');
  });

  it('leaves its own errors alone', () => {
    const error = new StoreError('CURSOR_INVALID', 'not a cursor');
    expect(toStoreError(error)).toBe(error);
  });
});
