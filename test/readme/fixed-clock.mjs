/**
 * Loaded into kgit before its own code: the clock stands at TOUR_NOW, the machine is called TOUR_HOST, and who is logged
 * in `ada`.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const now = Number(process.env.TOUR_NOW);
const SystemDate = Date;
globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now] : parts));
  }
  static now() {
    return now;
  }
};
os.hostname = () => process.env.TOUR_HOST ?? 'laptop';
const user = os.userInfo();
os.userInfo = () => ({ ...user, username: 'ada' });
syncBuiltinESMExports();
