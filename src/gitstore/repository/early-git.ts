/**
 * What nearly every command asks git first, asked while the program is still being loaded: git starts meanwhile.
 * Its answers are taken by who asks the same, in the same folder; others ask anew.
 */
import { CatFile } from '../objects/cat-file.js';
import { Git, type GitResult } from '../process/git.js';

const PLACE = [
  'rev-parse',
  '--path-format=absolute',
  '--git-common-dir',
  '--show-object-format',
  '--show-toplevel',
];
const CONFIG = ['config', '--list', '-z'];

/** What git says of the repository that a folder lies in. */
export interface PlaceAnswers {
  /** Lines: common folder, object format, work tree. */
  readonly place: Promise<GitResult>;
  /** Its configuration, all scopes merged. */
  readonly config: Promise<GitResult>;
}

interface Early extends PlaceAnswers {
  readonly folder: string;
}

let answers: Early | null = null;
let reader: CatFile | null = null;
let readerOf: string | null = null;

/** Starts git in a folder. Nothing waits for what nobody takes. */
export function askEarly(folder: string, environment: Readonly<Record<string, string | undefined>>): void {
  const git = new Git(folder, environment);
  answers = { folder, ...ask(git, folder) };
  // Who takes them hears of a git that cannot run.
  for (const answer of [answers.place, answers.config]) answer.catch(() => undefined);
  reader = new CatFile(git, false);
}

function ask(git: Git, folder: string): PlaceAnswers {
  return { place: git.run(PLACE, { cwd: folder }), config: askConfig(git, folder) };
}

/** git's configuration as it holds in a folder. */
export function askConfig(git: Git, folder: string): Promise<GitResult> {
  return git.run(CONFIG, { cwd: folder });
}

/** What git says of the repository that `folder` lies in: what was asked early, but only once. */
export function placeAnswers(git: Git, folder: string): PlaceAnswers {
  const early = answers;
  answers = null;
  return early?.folder === folder ? early : ask(git, folder);
}

/** Notes which repository the early answers were about, so that its objects may be read by the process begun in it. */
export function noteEarlyRepository(taken: PlaceAnswers, commonDir: string): void {
  if ('folder' in taken) readerOf = commonDir;
}

/** The process that was begun early in this very repository, once. */
export function takeEarlyReader(commonDir: string): CatFile | null {
  const early = readerOf === commonDir ? reader : null;
  if (early === null) return null;
  reader = null;
  return early;
}
