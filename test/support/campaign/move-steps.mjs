/**
 * Loaded into kgit before its own code: counts the steps of a move of a checkout (each git command, each word to a
 * git that is listening, each file that is linked, renamed, copied or removed), and at one of them stops kgit while a
 * user acts, or kills it. kgit itself is the built program, and every git is the real one.
 */
import childProcess from 'node:child_process';
import fs, { appendFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const { log, at, does, script, begin } = JSON.parse(process.env.KGIT_MOVE_STEPS);
// The user's own programs are not watched.
delete process.env.NODE_OPTIONS;
delete process.env.KGIT_MOVE_STEPS;
const { spawn } = childProcess;
const { execFileSync } = childProcess;
const COMMANDS =
  /^(update-ref|diff-tree|diff-index|ls-files|ls-tree|hash-object|restore|read-tree|write-tree|update-index|checkout-index|cat-file|rev-parse|push|fetch|fast-import)$/;
let count = -1;
let hasBegun = false;

function step(name) {
  if (name === begin) hasBegun = true;
  if (!hasBegun) return;
  count += 1;
  if (log) appendFileSync(log, `${name}\n`);
  if (count !== at) return;
  if (does === 'act') execFileSync('sh', [script], { stdio: 'ignore' });
  else process.kill(process.pid, 'SIGKILL');
}

const plain = (path) => basename(String(path)).replace(/[0-9a-f]{12,}/g, '#');
for (const name of ['link', 'rename', 'unlink']) {
  const original = fs[`${name}Sync`];
  fs[`${name}Sync`] = (...paths) => {
    const about = `${name} ${plain(name === 'unlink' ? paths[0] : paths[1])}`;
    step(`before ${about}`);
    original(...paths);
    step(`after ${about}`);
  };
}
const { copyFile } = promises;
promises.copyFile = async (...paths) => {
  const about = `copyFile ${plain(paths[0])}`;
  step(`before ${about}`);
  await copyFile(...paths);
  step(`after ${about}`);
};
childProcess.spawn = (program, args, ...more) => {
  const command = program === 'git' ? args.find((word) => COMMANDS.test(word)) : undefined;
  if (command === undefined) return spawn(program, args, ...more);
  step(`before git ${command}`);
  const child = spawn(program, args, ...more);
  child.prependListener('close', () => step(`after git ${command}`));
  if (command === 'update-ref') {
    const write = child.stdin.write.bind(child.stdin);
    child.stdin.write = (words, ...rest) => {
      const word = String(words).trim().split('\n').at(-1);
      step(`before update-ref ${word}`);
      const isTaken = write(words, ...rest);
      // If kgit is killed here, git goes on by itself.
      if (does === 'kill') step(`told update-ref ${word}`);
      return isTaken;
    };
  } else if (does === 'kill') step(`started git ${command}`);
  return child;
};
syncBuiltinESMExports();
