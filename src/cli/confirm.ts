import { createInterface } from 'node:readline/promises';

/** Asks a yes-or-no question on a terminal; anything but n or no is yes. */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const asking = createInterface({ input, output });
  try {
    return !/^n(o)?$/i.test((await asking.question(`${question} [Y/n] `)).trim());
  } finally {
    asking.close();
  }
}
