import { EnvironmentError, InternalError, KgitError } from '../../errors.js';
import { hasCode } from './error-codes.js';

/** Messages for error codes of the system. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many open files',
};

/**
 * Converts anything thrown to a KgitError: a full disk becomes an environment error, what nobody foresaw a bug.
 * @param advice what to do about a bug
 */
export function unexpectedError(thrown: unknown, advice: string): KgitError {
  if (thrown instanceof KgitError) return thrown;
  if (hasCode(thrown, ...Object.keys(CAUSES))) {
    const { code, path } = thrown as NodeJS.ErrnoException;
    return new EnvironmentError(`${path ?? 'a file'}: ${CAUSES[code ?? ''] ?? code}`, {
      cause: thrown,
      suggestions: ['Check the disk and its permissions'],
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new InternalError(message, {
    cause: thrown,
    suggestions: [advice],
  });
}
