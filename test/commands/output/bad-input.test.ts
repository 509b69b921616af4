import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { footprint, type Place } from '../../support/bad-input/place.js';
import { preparePlace } from '../../support/bad-input/places.js';
import { publicProgram } from '../../support/bad-input/public-program.js';
import { readTable } from '../../support/bad-input/table.js';
import { kgit, PROGRAM } from '../../support/kgit.js';

const ROWS = readTable(join(import.meta.dirname, 'bad-input.tsv'));
/** No row may take longer: the longest waits two seconds for a remote that hangs. */
const LIMIT_MS = 120_000;

interface Said {
  readonly code: number | null;
  readonly text: string;
}

let last: Promise<unknown> = Promise.resolve();

/** Runs the program inside this process, after the rows that came before. */
function runHere({ path, env = {} }: Place, words: readonly string[], input: string): Promise<Said> {
  const turn = last.then(async () => {
    const { code, stdout, stderr } = await kgit(path, words, { env, input });
    return { code, text: stdout + stderr };
  });
  last = turn.catch(() => undefined);
  return turn;
}

/**
 * Processes for other users, for bytes that are no text, for remotes, which may keep a run waiting, and for what is nested
 * deeply, which may use up the stack.
 */
function run(place: Place, name: string, words: readonly string[]): Promise<Said> {
  const { uid, url, input = '' } = place;
  const isPlain = uid === undefined && url === undefined && typeof input === 'string';
  return isPlain && !/deep|nested/.test(name) ? runHere(place, words, input) : runProcess(place, words);
}

function runProcess(place: Place, words: readonly string[]): Promise<Said> {
  const asUser =
    place.uid === undefined
      ? []
      : ['setpriv', `--reuid=${place.uid}`, `--regid=${place.uid}`, '--clear-groups'];
  const built = place.uid === undefined ? PROGRAM : publicProgram();
  const [program = '', ...args] = [...asUser, process.execPath, built, ...words];
  const child = spawn(program, args, {
    cwd: place.path,
    env: { ...process.env, ...place.env },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: Buffer.concat(chunks).toString('utf8') }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(place.input ?? '');
  });
}

describe.concurrent('bad input', () => {
  it('has at least sixty rows', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(60);
  });

  it.each(ROWS)('$name', { timeout: LIMIT_MS * 2 }, async ({ name, setUp, words, exitCode, code, told }) => {
    const place = await preparePlace(setUp);
    const placed = words.map((word) => word.replace('{url}', place.url ?? '').replace('{dir}', place.path));
    try {
      const before = footprint(place.path);
      const said = await run(place, name, placed);
      expect(said.text).not.toMatch(/INTERNAL|^ +at |fatal:|\bE(?!NVIRONMENT)[A-Z]{4,}: /m);
      expect(said.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(said).toMatchObject({
        code: exitCode,
        text: expect.stringContaining(code ? `error ${code}: ` : ''),
      });
      for (const word of told) expect(said.text).toContain(word);
      // Only what could not be published for now may stay, where the user is told so.
      const kept = said.text.includes('kept in the outbox') ? [expect.any(String)] : before.outbox;
      if (code) expect(footprint(place.path)).toEqual({ ...before, outbox: kept });
      expect(existsSync(join(place.path, 'pwned'))).toBe(false);
    } finally {
      await place.end?.();
    }
  });
});
