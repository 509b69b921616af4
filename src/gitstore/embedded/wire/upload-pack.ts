/** Reads from a repository by version 2 of git's protocol: its refs, and packs of what is missing here. */
import { REF_NAME } from '../file-refs.js';
import {
  DELIMITER,
  FLUSH,
  type Frame,
  firstBand,
  frame,
  framesOf,
  lineOf,
  MAX_REFS,
  type Said,
} from './pkt-line.js';
import { type SmartHttp, WireFailure } from './smart-http.js';

/** Most lines of a list: more refs than a server that works has. */
const MAX_LINES = MAX_REFS + 1000;

const REF = /^([0-9a-f]{40}|unborn) (\S+)(?: symref-target:(\S+))?/;
/** Reads an answer to its end, which frees the connection. */
async function readOut(frames: AsyncGenerator<Frame>): Promise<void> {
  while (!(await frames.next()).done);
}

/** Refs of a server. */
export interface ServerRefs {
  readonly refs: ReadonlyMap<string, string>;
  /** Target of its HEAD; null if it does not say. */
  readonly head: string | null;
}

/** What to fetch. */
export interface Wants {
  readonly wants: readonly string[];
  /** Commits that are here with all that leads to them. */
  readonly haves: readonly string[];
  /** Commits here whose parents are cut off. */
  readonly shallow: readonly string[];
  /** How many commits; all if undefined. */
  readonly depth?: number | undefined;
  /** Objects to leave out: `tree:4`. */
  readonly filter?: string | undefined;
}

export interface Fetched {
  readonly pack: Buffer;
  /**
   * Commits whose parents are cut off now, and those whose parents are no longer. Both are empty unless a depth was asked
   * for: a server that has less than all, or claims so, must not cut off what is here.
   */
  readonly shallow: readonly string[];
  readonly unshallow: readonly string[];
}

/** Most commits that an exchange gets: for all of them. */
export const WHOLE_LINE = 0x7fffffff;

async function nextLine(frames: AsyncGenerator<Frame>): Promise<string | null> {
  const { done, value } = await frames.next();
  if (done || typeof value === 'string') return null;
  const line = lineOf(value);
  if (line.startsWith('ERR ')) throw new WireFailure(`fatal: remote error: ${line.slice(4)}\n`);
  return line;
}

async function* linesUntilEnd(frames: AsyncGenerator<Frame>): AsyncGenerator<string> {
  let count = 0;
  for (let line = await nextLine(frames); line !== null; line = await nextLine(frames)) {
    if (++count > MAX_LINES) throw new WireFailure('fatal: protocol error: too many lines\n');
    yield line;
  }
}

/** A server's upload-pack. */
export class UploadPack {
  readonly #http: SmartHttp;
  readonly #said: Said;
  #abilities: ReadonlyMap<string, string> | null = null;

  constructor(http: SmartHttp, said: Said) {
    this.#http = http;
    this.#said = said;
  }

  async #capabilities(): Promise<ReadonlyMap<string, string>> {
    if (this.#abilities) return this.#abilities;
    const frames = framesOf(await this.#http.advertisement('git-upload-pack', 2));
    let line = await nextLine(frames);
    if (line?.startsWith('# service=')) {
      await frames.next();
      line = await nextLine(frames);
    }
    if (line !== 'version 2')
      throw new WireFailure(
        'fatal: the server does not speak version 2 of the git protocol, which backend: git-embedded needs\n',
      );
    const found = new Map<string, string>();
    for await (const each of linesUntilEnd(frames)) {
      const cut = each.indexOf('=');
      found.set(cut < 0 ? each : each.slice(0, cut), cut < 0 ? '' : each.slice(cut + 1));
    }
    if ((found.get('object-format') ?? 'sha1') !== 'sha1')
      throw new WireFailure('fatal: mismatched algorithms: client sha1; server sha256\n');
    await readOut(frames);
    this.#abilities = found;
    return found;
  }

  async #command(name: string, args: readonly string[]): Promise<AsyncGenerator<Frame>> {
    const abilities = await this.#capabilities();
    if (!abilities.has(name)) throw new WireFailure(`fatal: server doesn't support '${name}'\n`);
    const format = abilities.has('object-format') ? [frame('object-format=sha1')] : [];
    const head = [frame(`command=${name}\n`), frame('agent=git/kgit'), ...format, DELIMITER];
    const body = Buffer.concat([...head, ...args.map((arg) => frame(`${arg}\n`)), FLUSH]);
    return framesOf(await this.#http.post('git-upload-pack', 2, body));
  }

  /** Lists the refs that begin with any of these texts. */
  async refs(prefixes: readonly string[]): Promise<ServerRefs> {
    const isUnborn = (await this.#capabilities()).get('ls-refs')?.includes('unborn') === true;
    const args = [
      'symrefs',
      ...(isUnborn ? ['unborn'] : []),
      ...prefixes.map((prefix) => `ref-prefix ${prefix}`),
    ];
    const refs = new Map<string, string>();
    let head: string | null = null;
    const frames = await this.#command('ls-refs', args);
    for await (const line of linesUntilEnd(frames)) {
      const [, oid = '', ref = '', target = ''] = REF.exec(line) ?? [];
      if (!REF_NAME.test(ref)) continue;
      if (ref === 'HEAD') head = REF_NAME.test(target) ? target : null;
      if (oid && oid !== 'unborn') refs.set(ref, oid);
    }
    await readOut(frames);
    return { refs, head };
  }

  /** Fetches what is missing here, in one round: what both sides have is known from the refs. */
  async fetch({ wants, haves, shallow, depth, filter }: Wants): Promise<Fetched> {
    const offers = ((await this.#capabilities()).get('fetch') ?? '').split(' ');
    if (filter !== undefined && !offers.includes('filter')) filter = undefined;
    const args = [
      'ofs-delta',
      ...shallow.map((oid) => `shallow ${oid}`),
      ...(depth === undefined ? [] : [`deepen ${depth}`]),
      ...(filter === undefined ? [] : [`filter ${filter}`]),
      ...wants.map((oid) => `want ${oid}`),
      ...haves.map((oid) => `have ${oid}`),
      'done',
    ];
    const frames = await this.#command('fetch', args);
    const cut = { shallow: new Set<string>(), unshallow: new Set<string>() };
    const known = new Set(shallow);
    for (let section = await nextLine(frames); section !== 'packfile'; section = await nextLine(frames)) {
      if (section === null) throw new WireFailure('fatal: the remote end hung up unexpectedly\n');
      for await (const line of linesUntilEnd(frames)) {
        const [, kind, oid = ''] = /^(shallow|unshallow) ([0-9a-f]{40})$/.exec(line) ?? [];
        if (depth === undefined) continue;
        if (kind === 'shallow' || (kind === 'unshallow' && known.has(oid))) cut[kind].add(oid);
      }
    }
    const parts: Buffer[] = [];
    for await (const part of firstBand(frames, this.#said)) parts.push(part);
    const pack = Buffer.concat(parts);
    if (pack.toString('latin1', 0, 4) !== 'PACK' || pack.length < 32)
      throw new WireFailure('fatal: early EOF\n');
    return { pack, shallow: [...cut.shallow], unshallow: [...cut.unshallow] };
  }
}
