/**
 * Asks git what nearly every command needs first, while the program is still loading. A caller with the same question
 * in the same folder takes these answers; others ask anew.
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

/** What git says about the repository that contains a folder. */
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

/** Starts git in a folder. Nothing waits for answers that nobody takes. */
export function askEarly(folder: string, environment: Readonly<Record<string, string | undefined>>): void {
  const git = new Git(folder, environment);
  answers = { folder, ...ask(git, folder) };
  // The caller that takes the answers hears of a git that cannot run.
  for (const answer of [answers.place, answers.config]) answer.catch(() => undefined);
  reader = new CatFile(git, false);
}

function ask(git: Git, folder: string): PlaceAnswers {
  return { place: git.run(PLACE, { cwd: folder }), config: askConfig(git, folder) };
}

/** git's effective configuration in a folder. */
export function askConfig(git: Git, folder: string): Promise<GitResult> {
  return git.run(CONFIG, { cwd: folder });
}

/** What git says about the repository that contains `folder`. The early answers are handed out once. */
export function placeAnswers(git: Git, folder: string): PlaceAnswers {
  const early = answers;
  answers = null;
  return early?.folder === folder ? early : ask(git, folder);
}

/** Notes which repository the early answers were about, so that the early reader may serve it. */
export function noteEarlyRepository(taken: PlaceAnswers, commonDir: string): void {
  if ('folder' in taken) readerOf = commonDir;
}

/** The reader that was started early in this very repository; handed out once. */
export function takeEarlyReader(commonDir: string): CatFile | null {
  const early = readerOf === commonDir ? reader : null;
  if (early === null) return null;
  reader = null;
  return early;
}
