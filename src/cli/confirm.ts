import { createInterface } from 'node:readline/promises';

/**
 * Asks a yes-or-no question on a terminal.
 * @param isYes what any answer means but a clear no, or where it is false, a clear yes
 */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  isYes = true,
): Promise<boolean> {
  const asking = createInterface({ input, output });
  try {
    const answer = (await asking.question(`${question} ${isYes ? '[Y/n]' : '[y/N]'} `)).trim();
    return isYes ? !/^n(o)?$/i.test(answer) : /^y(es)?$/i.test(answer);
  } finally {
    asking.close();
  }
}
