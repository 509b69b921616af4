import type { TreeFile } from '../../store/port/review.js';

const PLAIN = '100644';
const ODD: Readonly<Record<string, string>> = {
  '120000': 'a symbolic link, which no reader follows',
  '160000': 'a submodule, which no reader looks into',
};

/** @param mode as git writes it. @param bytes null if it is no file */
export function treeFile(path: string, mode: string, content: string, bytes: number | null): TreeFile {
  const odd = ODD[mode];
  return { path, kind: odd ? 'other' : mode === PLAIN ? 'plain' : 'executable', odd, content, bytes };
}
