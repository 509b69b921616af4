/** Loaded before kgit's code: sets the clock to the content of CLOCK_FILE, in ms since the epoch. */
import { readFileSync } from 'node:fs';

let last = 0;
const now = () => {
  // Empty while the script writes it.
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
