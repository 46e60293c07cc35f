import { CodedError } from './coded-error.ts';

class SampleError extends CodedError<'SAMPLE_BROKEN'> {}

describe('CodedError', () => {
  it('carries code, cause and next move, and is named after its class', () => {
    const cause = new Error('underlying');
    const error = new SampleError('SAMPLE_BROKEN', 'sample 7 broke', { cause, next: 'run `fix`' });
    expect(error).toMatchObject({
      name: 'SampleError',
      code: 'SAMPLE_BROKEN',
      message: 'sample 7 broke',
      next: 'run `fix`',
      cause,
    });
  });

  it('has no cause property when none was given', () => {
    expect('cause' in new SampleError('SAMPLE_BROKEN', 'sample broke')).toBe(false);
  });
});
