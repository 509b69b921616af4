import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** How a request fails: a status, or a connection that breaks before the server does anything, or once it is done. */
export type JgitFault = 403 | 404 | 413 | 500 | 503 | 'cut' | 'cut-after';

/** JGit, the git of Gerrit, over http. */
export interface JgitServer {
  /** Where a bare repository of the temporary folder is reached. */
  url(repository: string): string;
  /** From now on, this password is asked for; null: everybody is let in. */
  demandToken(token: string | null): Promise<void>;
  /** From now on, a hook refuses updates of refs that match a regular expression; null: all are taken. */
  deny(refs: string | null): Promise<void>;
  /** Lets the n-th request from now fail whose method and URL have this text. */
  fail(fault: JgitFault, text: string, n?: number): Promise<void>;
  /** Whether that request has come. */
  hasFailed(): Promise<boolean>;
  stop(): Promise<void>;
}

function installed(): void {
  try {
    execFileSync('./install.sh', { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (cause) {
    throw new Error('The jars of the JGit server cannot be fetched', { cause });
  }
}

async function started(
  root: string,
): Promise<{ child: ChildProcess; ask: (line: string) => Promise<string> }> {
  // It lives for a test file: too short a time for the second compiler and several collectors to pay.
  const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const child = spawn('java', [...options, '-cp', 'jars/*', 'JgitServer.java', root], {
    cwd: FOLDER,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (cause) =>
      reject(new Error('The tests of the JGit server need java (Debian: default-jdk-headless)', { cause })),
    );
    child.on('close', (code) => reject(new Error(`the JGit server ended (${code}): ${log}`)));
  });
  failed.catch(() => undefined);
  const answer = async () => (await Promise.race([lines.next(), failed])).value ?? failed;
  return {
    child,
    ask: (line) => {
      if (line) child.stdin.write(`${line}\n`);
      return answer();
    },
  };
}

/** Serves the bare repositories of the temporary folder on a free port of 127.0.0.1. */
export async function startJgitServer(): Promise<JgitServer> {
  installed();
  const root = realpathSync(tmpdir());
  const { child, ask } = await started(root);
  const port = await ask('');
  const tell = async (...words: readonly (string | null)[]) => {
    await ask(words.filter((word) => word !== null).join(' '));
  };
  return {
    url: (path) => `http://127.0.0.1:${port}/${relative(root, path)}`,
    demandToken: (token) => tell('token', token),
    deny: (refs) => tell('deny', refs),
    fail: (fault, text, n = 1) => tell('fail', `${n}`, `${fault}`, text),
    hasFailed: async () => (await ask('failed')) === 'true',
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = new Promise((done) => child.once('close', done));
      child.stdin?.end();
      await ended;
    },
  };
}
