/** Asks the user for confirmation; nothing else in kgit does. */
import { createInterface } from 'node:readline';
import { Flags } from '@oclif/core';
import { UsageError } from '../../errors.js';
import { DeclinedError } from '../base/declined.js';

/** A question that only `y` or `yes` confirms. */
export interface Question {
  /** Ends with a question mark. */
  readonly text: string;
  /** The message after a no: `nothing was imported`. */
  readonly declined: string;
  /** The command line that needs no answer, suggested if nobody can be asked. */
  readonly withYes: string;
}

/** Builds the flag --yes. */
export const yesFlag = (summary = 'Do not ask.') => Flags.boolean({ summary });

/** Whether the user can be asked: stdin and stderr are terminals. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Reads the answer; null if the user cancelled the question with Ctrl-C or Ctrl-D. */
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
 * Returns if the user agrees, by --yes or by `y` or `yes` at the terminal. Throws DeclinedError for every other answer,
 * silently for Ctrl-C and Ctrl-D; UsageError if nobody can be asked.
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
