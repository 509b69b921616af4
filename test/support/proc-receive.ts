import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from './git-fixtures.js';

/** How a remote answers the first push instead of carrying it out. */
export interface FirstAnswer {
  readonly reason: string;
  /** A commit that the branch is moved to meanwhile, as by another writer; null: it stays. */
  readonly winner: string | null;
  /** The refs that this is about, or how their names begin; the state branch where left out. */
  readonly refs?: string;
}

/** A real proc-receive hook: it refuses the first push in these words, and carries out all others. */
export function refuseFirst(remote: string, { reason, winner, refs }: FirstAnswer): void {
  const answer = `
const { existsSync, writeFileSync } = require('node:fs');
const { execFileSync } = require('node:child_process');
for (const command of section()) {
  const [old, next, ref] = command.split(' ');
  const isFirst = !existsSync('was-refused');
  writeFileSync('was-refused', '');
  const tip = isFirst ? ${JSON.stringify(winner)} : next;
  if (tip) execFileSync('git', ['update-ref', ref, tip, old]);
  write(isFirst ? 'ng ' + ref + ' ' + ${JSON.stringify(reason)} : 'ok ' + ref);
}`;
  install(remote, answer, refs);
}

/** A real proc-receive hook: it refuses, in these words, a push whose commits have this text in them, and carries out all others. */
export function refuseText(remote: string, text: string, reason: string): void {
  const answer = `
const { execFileSync } = require('node:child_process');
for (const command of section()) {
  const [old, next, ref] = command.split(' ');
  const isRefused = execFileSync('git', ['log', '-p', old + '..' + next]).includes(${JSON.stringify(text)});
  if (!isRefused) execFileSync('git', ['update-ref', ref, next, old]);
  write(isRefused ? 'ng ' + ref + ' ' + ${JSON.stringify(reason)} : 'ok ' + ref);
}`;
  install(remote, answer);
}

/** A real proc-receive hook: it says ok to each push, with these options, and moves nothing. OLD and NEW stand for the tips. */
export function procReceive(remote: string, options: readonly string[]): void {
  const answer = `
for (const command of section()) {
  const [old, next, ref] = command.split(' ');
  write('ok ' + ref);
  for (const option of ${JSON.stringify(options)})
    write('option ' + option.replace('OLD', old).replace('NEW', next));
}`;
  install(remote, answer);
}

function install(remote: string, answer: string, refs = 'refs/heads/main'): void {
  const hook = `#!${process.execPath}
const { readSync, writeSync } = require('node:fs');
function read(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = readSync(0, bytes, at, count - at, null);
    if (got === 0) process.exit(1);
    at += got;
  }
  return bytes.toString();
}
function section() {
  const lines = [];
  for (;;) {
    const length = Number.parseInt(read(4), 16);
    if (length === 0) return lines;
    lines.push(read(length - 4).replace(/\\n$/, ''));
  }
}
function write(line) {
  writeSync(1, (Buffer.byteLength(line) + 5).toString(16).padStart(4, '0') + line + '\\n');
}
section();
write('version=1\\0');
writeSync(1, '0000');
${answer}
writeSync(1, '0000');
`;
  const path = join(remote, 'hooks/proc-receive');
  writeFileSync(path, hook);
  chmodSync(path, 0o755);
  git(remote, 'config', 'receive.procReceiveRefs', refs);
}
