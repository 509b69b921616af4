import { once } from 'node:events';
import type { PipedChild } from '../../process/child.js';
import { type Git, gitFailed, notThere } from '../process/git.js';
import type { RefLocks } from './ref-locks.js';

const LOST = /but expected|reference already exists|unable to resolve reference/;

/**
 * One `git update-ref` process that makes moves of refs one after the other. A prepared move is certain to succeed: git
 * holds the locks of its refs until it is committed. If this process dies, git gives the move up by itself.
 */
export class RefSession {
  readonly #child: PipedChild;
  readonly #ended: Promise<number>;
  #stdout = '';
  #stderr = '';
  #isOver = false;
  readonly #locks: RefLocks;
  #forget: (() => Promise<void>) | null = null;

  /** @param locks records the locks that git holds meanwhile */
  constructor(git: Git, locks: RefLocks) {
    this.#locks = locks;
    this.#child = git.start(['update-ref', '-m', 'kgit: publish', '--stdin']);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // If git ends early, it closes its input; its exit code tells why.
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', (error) => reject(notThere(error)));
      this.#child.on('close', (code) => {
        this.#isOver = true;
        resolve(code ?? 1);
      });
    });
    this.#ended.catch(() => undefined);
  }

  /** Whether git has ended, after which it moves nothing. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Makes moves in git's own syntax (`update REF NEW OLD`), all or none. Throws EnvironmentError.
   * @returns null, or git's message about a ref that lost its race
   */
  async apply(moves: readonly string[]): Promise<string | null> {
    const lost = await this.prepare(moves);
    if (lost === null) await this.commit();
    return lost;
  }

  /**
   * Takes the locks of the refs. Throws EnvironmentError.
   * @returns null, or git's message about a ref that is not where it was expected
   */
  async prepare(moves: readonly string[]): Promise<string | null> {
    const lost = await this.#say(`start\n${moves.join('')}prepare\n`, 'prepare');
    const { pid } = this.#child;
    if (lost === null && pid !== undefined)
      this.#forget = await this.#locks.note(pid, [...moves.flatMap(refsOf), 'HEAD']);
    return lost;
  }

  /** Commits the prepared moves. Throws EnvironmentError. */
  async commit(): Promise<void> {
    const lost = await this.#say('commit\n', 'commit');
    if (lost !== null) throw gitFailed(['update-ref'], 1, lost);
    await this.#forgetLocks();
  }

  /** Ends git; moves that were prepared and not committed are given up. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended.catch(() => undefined);
    // If git was killed, it has left its locks: the record stays for the next kgit.
    if (this.#child.signalCode === null) await this.#forgetLocks();
  }

  async #forgetLocks(): Promise<void> {
    const forget = this.#forget;
    this.#forget = null;
    await forget?.();
  }

  async #say(words: string, until: string): Promise<string | null> {
    this.#stdout = '';
    this.#child.stdin.write(words);
    while (!this.#stdout.includes(`${until}: ok\n`)) {
      if (this.#isOver) break;
      await Promise.race([once(this.#child.stdout, 'data'), this.#ended]);
    }
    if (this.#stdout.includes(`${until}: ok\n`)) return null;
    const code = await this.#ended;
    if (LOST.test(this.#stderr)) return this.#stderr;
    throw gitFailed(['update-ref'], code, this.#stderr);
  }
}

/** The refs that moves in git's own syntax name. */
function refsOf(moves: string): string[] {
  return [...moves.matchAll(/^(?:update|create|delete) (\S+)/gm)].map(([, ref = '']) => ref);
}
