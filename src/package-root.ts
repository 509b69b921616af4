import { join } from 'node:path';

/** Folder of the package: the folder above this file, from its place in `src/` and from the bundles in `dist/`. */
export const PACKAGE_ROOT = join(import.meta.dirname, '../');
