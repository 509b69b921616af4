import { EnvironmentError } from '../../errors.js';
import { isOfSystem } from '../../model/value/error-codes.js';

/**
 * What `asked` gives, or `otherwise` where the file system refuses it, or there is no place for files: for what saves work,
 * and is never needed.
 */
export async function orWithout<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof EnvironmentError || isOfSystem(error)) return otherwise;
    throw error;
  }
}
