/** The one place where a person is asked before something is done. */
import { createInterface } from 'node:readline';
import { Flags } from '@oclif/core';
import { UsageError } from '../../errors.js';
import { DeclinedError } from '../base/declined.js';

/** A question that only `y` or `yes` agrees to. */
export interface Question {
  /** Ends with a question mark. */
  readonly text: string;
  /** What is told after a no: `nothing was imported`. */
  readonly declined: string;
  /** The command line that needs no answer, for who cannot be asked. */
  readonly withYes: string;
}

/** The flag that answers yes. */
export const yesFlag = (summary = 'Do not ask.') => Flags.boolean({ summary });

/** Whether somebody sits at a terminal who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** What was typed; null where the user ended the question with Ctrl-C or Ctrl-D. */
function answerTo(text: string): Promise<string | null> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    const end = (answer: string | null) => {
      asking.removeAllListeners('close');
      asking.close();
      if (answer === null) process.stderr.write('\n');
      resolve(answer);
    };
    asking.on('SIGINT', () => end(null));
    asking.on('close', () => end(null));
    asking.question(`${text} [y/N] `, end);
  });
}

/**
 * Returns where the user agrees: by --yes, or by `y` or `yes` at the terminal. Throws DeclinedError for every other
 * answer, silently for Ctrl-C and Ctrl-D; UsageError where nobody can be asked.
 */
export async function mustAgree({ text, declined, withYes }: Question, isYes: boolean): Promise<void> {
  if (isYes) return;
  if (!canAsk()) {
    throw new UsageError(`${text} There is no terminal to ask on, and --yes is not given`, {
      suggestions: [`Agree beforehand: ${withYes}`],
    });
  }
  const answer = await answerTo(text);
  if (answer === null) throw new DeclinedError('interrupted', true);
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new DeclinedError(declined);
}
