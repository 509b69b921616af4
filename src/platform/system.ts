/** Which operating system this is. Nothing else in src/ asks; docs/platforms.md says what differs between them. */

/** No users and modes of files that mean what they mean elsewhere, no process groups, programs with endings. */
export const IS_WINDOWS = process.platform === 'win32';

/** The system whose places of system-wide files kgit knows. */
export const IS_LINUX = process.platform === 'linux';
