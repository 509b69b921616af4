/** Judges saved histories again: `npm run stress -- --judge FILE...`. Exits with 1 if a promise was broken. */
import { checkHistory } from './checker.js';
import { loadHistory } from './saved-history.js';

for (const path of process.argv.slice(2)) {
  const history = loadHistory(path);
  const wrong = checkHistory(history);
  const { calls, commits } = history;
  for (const line of wrong) console.log(line);
  console.log(`${path}: ${calls.length} calls, ${commits.length} commits, ${wrong.length} promises broken`);
  if (wrong.length > 0) process.exitCode = 1;
}
