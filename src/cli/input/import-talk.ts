import type { ImportTalk, PlannedImport } from '../../app/legacy/import-files.js';
import { ambiguousTexts } from '../../app/observe/live-clusters.js';
import type { ImportPlan } from '../../sync/plan/import-plan.js';
import { progressBar } from '../../terminal/progress-bar.js';
import { standardError } from '../../terminal/standard-streams.js';
import { terminalText } from '../../terminal/terminal-text.js';
import type { SideNotes } from '../notes/side-notes.js';
import { formatPlan } from '../render/import-plan.js';
import { canAsk, mustAgree } from './ask.js';

export interface TalkOptions {
  /** Whether the result is text for people, who are shown plans and asked. */
  readonly isText: boolean;
  readonly isDryRun: boolean;
  /** Whether the user has agreed beforehand. */
  readonly isYes: boolean;
}

/** Shows people the progress and the plan of an import, and asks them to agree to it. */
export class ImportConversation implements ImportTalk {
  readonly #notes: SideNotes;
  readonly #options: TalkOptions;
  #isShown = false;

  constructor(notes: SideNotes, options: TalkOptions) {
    this.#notes = notes;
    this.#options = options;
  }

  /** Whether the user has seen the plan that is carried out. */
  get isShown(): boolean {
    return this.#isShown;
  }

  onRead(done: number, all: number): void {
    this.#notes.progress(progressBar('reading', done, all));
  }

  onParsed(done: number, all: number): void {
    this.#notes.progress(progressBar('parsing', done, all));
  }

  onPublishing(): void {
    this.#notes.progress('publishing');
  }

  onRefused(plan: ImportPlan): void {
    this.#show(plan);
  }

  onRefusedBefore(plan: ImportPlan): void {
    if (!this.#isShown) this.#show(plan);
    this.#isShown = false;
    this.#notes.note('waiting operations were refused; what the files still contain of them is imported now');
  }

  async confirm({ plan, live }: PlannedImport): Promise<void> {
    const { isText, isDryRun, isYes } = this.#options;
    for (const text of live ? ambiguousTexts(live) : []) this.#notes.note(text);
    // Without a terminal nobody is asked: scripts just import, and importing twice changes nothing.
    if (!canAsk() || plan.parts.length === 0 || isDryRun || !isText) return;
    this.#show(plan);
    this.#isShown = true;
    const words = { declined: 'nothing was imported', withYes: 'kgit import PATH --yes' };
    await mustAgree({ text: 'Import this?', ...words }, isYes);
  }

  /** Shows people a plan that will not be carried out, or has not been yet. */
  #show(plan: ImportPlan): void {
    if (!this.#options.isText) return;
    this.#notes.clear();
    const width = standardError.isTTY ? standardError.columns : null;
    standardError.write(`${formatPlan(plan, width).map(terminalText).join('\n')}\n`);
  }
}
