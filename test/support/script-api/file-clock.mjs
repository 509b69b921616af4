/** Loaded into kgit before its own code: the clock stands at what the file CLOCK_FILE says, in ms since the epoch. */
import { readFileSync } from 'node:fs';

const now = () => Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));
const SystemDate = Date;
globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }
  static now() {
    return now();
  }
};
