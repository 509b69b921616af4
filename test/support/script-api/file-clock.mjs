/** Loaded into kgit before its own code: the clock stands at what the file CLOCK_FILE says, in ms since the epoch. */
import { readFileSync } from 'node:fs';

let last = 0;
const now = () => {
  // Empty while the script that sets the clock is at it.
  const text = readFileSync(process.env.CLOCK_FILE, 'utf8');
  if (text !== '') last = Number(text);
  return last;
};
const SystemDate = Date;
globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }
  static now() {
    return now();
  }
};
