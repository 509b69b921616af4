import { InvalidStateError } from '../../errors.js';
import type { Wait, Waits } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import type { AskedTips, FetchCall, RefUpdate, Remote } from '../branch/git-remote.js';
import type { PushResult } from '../branch/push.js';
import type { RefStore } from '../branch/refs.js';
import type { Question } from '../branch/still-has.js';
import type { GitResult } from '../process/git.js';
import { offlineError } from '../process/offline.js';
import { isDamaged } from '../process/remote-fault.js';
import { tellProgress, withoutProgress } from '../process/told-wait.js';
import type { CommitLine } from './commit-line.js';
import { DamagedData } from './packs/pack-entry.js';
import type { ShallowFile } from './shallow-file.js';
import type { SentPack, StoredObjects } from './stored-objects.js';
import { newObjects, packOf } from './wire/pack.js';
import { CutOff, ProtocolError, type Said } from './wire/pkt-line.js';
import { pushRefs } from './wire/receive-pack.js';
import { type HttpPlace, SmartHttp, WireFailure } from './wire/smart-http.js';
import { type ServerRefs, UploadPack, WHOLE_LINE } from './wire/upload-pack.js';

/** How many commits are offered as known: the newest ones, then ever fewer. */
const MAX_HAVES = 64;

/** A remote and what is here of it. */
export interface HttpRemoteParts {
  readonly place: HttpPlace;
  /** Its name, or its address without credentials, for whoever waits. */
  readonly name: string;
  readonly refs: RefStore;
  readonly objects: StoredObjects;
  readonly line: CommitLine;
  readonly shallow: ShallowFile;
  /** What fetches leave out; null for a whole clone. */
  readonly filter: string | null;
  readonly isOffline: boolean;
  readonly waits?: Waits | undefined;
}

/** A refspec, `+<source>:<destination>`; a star stands for any text. */
interface RefSpec {
  readonly isForced: boolean;
  readonly source: string;
  /** Null if nothing here is to point to what was fetched. */
  readonly target: string | null;
}

function parseSpec(text: string): RefSpec {
  const isForced = text.startsWith('+');
  const [source = '', target = null] = text.slice(isForced ? 1 : 0).split(':');
  return { isForced, source, target };
}

/** The refs of the server that a refspec is about, by the refs here that are to point there. */
function matches({ source, target }: RefSpec, refs: ReadonlyMap<string, Revision>): [string, Revision][] {
  if (target === null) return [];
  if (!source.endsWith('*')) {
    const oid = refs.get(source);
    return oid === undefined ? [] : [[target, oid]];
  }
  const begin = source.slice(0, -1);
  return [...refs].flatMap(([ref, oid]): [string, Revision][] =>
    ref.startsWith(begin) ? [[target.slice(0, -1) + ref.slice(begin.length), oid]] : [],
  );
}

const OID = /^[0-9a-f]{40}$/;

/** A remote over http or https. It answers in git's words, by which the tables of refusals and faults are read. */
export class HttpRemote implements Remote {
  readonly #parts: HttpRemoteParts;

  constructor(parts: HttpRemoteParts) {
    this.#parts = parts;
  }

  async fetch(
    refspecs: readonly string[],
    { timeoutMs, prunes = false, depth }: FetchCall,
  ): Promise<GitResult> {
    return this.#talk('fetching from', timeoutMs, async (http, said) => {
      const specs = refspecs.map(parseSpec);
      const server = new UploadPack(http, said);
      const named = specs
        .map(({ source }) => source.replace(/\*$/, ''))
        .filter((source) => !OID.test(source));
      const { refs } = named.length > 0 ? await server.refs(named) : { refs: new Map<string, Revision>() };
      const gone = specs.find(
        ({ source }) => !source.endsWith('*') && !OID.test(source) && !refs.has(source),
      );
      if (gone) throw new WireFailure(`fatal: couldn't find remote ref ${gone.source}\n`);
      const oids = new Map(
        specs.flatMap(({ source }) => (OID.test(source) ? [[source, source] as const] : [])),
      );
      const found = specs.map((spec) => [spec, matches(spec, new Map([...refs, ...oids]))] as const);
      const wanted = [
        ...new Set([...found.flatMap(([, pairs]) => pairs.map(([, oid]) => oid)), ...oids.keys()]),
      ];
      await this.#bring(server, wanted, depth);
      const report: string[] = [];
      for (const [spec, pairs] of found) report.push(...(await this.#point(spec, pairs, prunes)));
      const code = report.some((line) => line.startsWith(' ! ')) ? 1 : 0;
      return { code, stdout: Buffer.alloc(0), stderr: `${said.text}${report.join('')}` };
    });
  }

  /** Points refs here to what was fetched, and reports it as git does. */
  async #point(
    { isForced, target }: RefSpec,
    pairs: readonly [string, Revision][],
    prunes: boolean,
  ): Promise<string[]> {
    const { refs, line } = this.#parts;
    const report: string[] = [];
    const before = await refs.read(pairs.map(([ref]) => ref));
    const moves: string[] = [];
    for (const [ref, to] of pairs) {
      const from = before.get(ref);
      if (from === to) continue;
      const isForwards = from === undefined || (await line.isAncestor(from, to));
      if (!isForwards && !isForced) {
        report.push(` ! [rejected]        ${to} -> ${ref}  (non-fast-forward)\n`);
        continue;
      }
      moves.push(`update ${ref} ${to} ${from ?? '0'.repeat(40)}\n`);
      if (from !== undefined)
        report.push(isForwards ? `   ${from}..${to}  x -> ${ref}\n` : ` + ${from}...${to} x -> ${ref}\n`);
    }
    if (prunes && target?.endsWith('*')) {
      const [, folder = '', begin = ''] = /^(.*\/)([^/]*)\*$/s.exec(target) ?? [];
      const kept = new Set(pairs.map(([ref]) => ref));
      for (const [ref, oid] of await refs.list([folder]))
        if (ref.startsWith(folder + begin) && !kept.has(ref)) moves.push(`delete ${ref} ${oid}\n`);
    }
    const lost = moves.length > 0 ? await refs.apply(moves) : null;
    if (lost !== null) throw new WireFailure(`error: ${lost}\n`, 1);
    return report;
  }

  /** Fetches what is missing here of these objects, and of all that leads to them. */
  async #bring(server: UploadPack, wanted: readonly Revision[], depth: FetchCall['depth']): Promise<void> {
    const { objects, shallow, filter } = this.#parts;
    const wants: Revision[] = [];
    for (const oid of wanted) if (depth === 'all' || !(await objects.has(oid))) wants.push(oid);
    if (wants.length === 0) return;
    const cut = [...(await shallow.read())];
    const haves = depth === undefined ? await this.#haves() : [];
    const asked = await server.fetch({
      ...{ wants, haves, shallow: cut },
      depth: depth === 'tip' ? 1 : depth === 'all' ? WHOLE_LINE : undefined,
      filter: depth === 'all' ? 'tree:0' : (filter ?? undefined),
    });
    const isPromised = filter !== null || depth === 'all';
    const needed = [...wants, ...(await this.#parentsOf(asked.unshallow))];
    const still = new Set([...cut, ...asked.shallow]);
    for (const oid of asked.unshallow) still.delete(oid);
    await this.#take(asked.pack, { isPromised, needed, cut: still });
    await shallow.change(asked);
  }

  /** The parents of those of these commits that are here. */
  async #parentsOf(oids: readonly Revision[]): Promise<Revision[]> {
    const { objects, line } = this.#parts;
    const found: Revision[] = [];
    for (const oid of oids) if (await objects.has(oid)) found.push(...(await line.commit(oid)).parents);
    return found;
  }

  /** Stores a pack. Throws WireFailure if it is damaged, or lacks an object. */
  async #take(pack: Buffer, sent: SentPack): Promise<void> {
    let isWhole: boolean;
    try {
      isWhole = await this.#parts.objects.addPack(pack, sent);
    } catch (error) {
      if (error instanceof DamagedData || error instanceof InvalidStateError)
        throw new WireFailure(`fatal: pack is corrupted (${error.message})\n`);
      throw error;
    }
    if (!isWhole) throw new WireFailure('fatal: protocol error: the server did not send all objects\n');
  }

  /** Commits that are here: the tips that kgit follows, and some before them. */
  async #haves(): Promise<Revision[]> {
    const { refs, line } = this.#parts;
    const tips = await refs.list(['refs/kgit/', 'refs/remotes/', 'refs/heads/']);
    const haves = new Set(tips.values());
    const tracked = [...tips].find(([ref]) => ref.startsWith('refs/kgit/remote/'))?.[1];
    if (tracked === undefined) return [...haves].slice(0, MAX_HAVES);
    let [place, next] = [0, 1];
    for await (const { oid } of line.line(tracked)) {
      if (place === next) {
        haves.add(oid);
        next *= 2;
      }
      place += 1;
      if (haves.size >= MAX_HAVES || place > 256) break;
    }
    return [...haves].slice(0, MAX_HAVES);
  }

  /** Fetches objects that a partial clone lacks. Throws RemoteError. */
  async fetchMissing(
    oids: readonly string[],
    timeoutMs: number,
    failure: (result: GitResult) => Error,
  ): Promise<void> {
    const result = await this.#talk('fetching from', timeoutMs, async (http, said) => {
      const server = new UploadPack(http, said);
      const { pack } = await server.fetch({ wants: oids, haves: [], shallow: [], filter: 'blob:none' });
      const cut = await this.#parts.shallow.read();
      await this.#take(pack, { isPromised: true, needed: oids, cut });
      return { code: 0, stdout: Buffer.alloc(0), stderr: said.text };
    });
    if (result.code !== 0) throw failure(result);
  }

  async push(
    updates: readonly RefUpdate[],
    { isAtomic, timeoutMs }: { readonly isAtomic: boolean; readonly timeoutMs: number },
  ): Promise<PushResult> {
    const { objects, line } = this.#parts;
    const result = await this.#talk('publishing to', timeoutMs, (http, said) => {
      const pack = async () => {
        const known = new Set(updates.flatMap(({ from }) => from ?? []));
        for (const [ref, oid] of await this.#parts.refs.list(['refs/kgit/']))
          if (ref.startsWith('refs/kgit/remote/')) known.add(oid);
        const oids = new Set<string>();
        for (const { to } of updates)
          if (to !== null) for (const oid of await newObjects(objects, line, to, known)) oids.add(oid);
        return (await packOf(objects, oids)).pack;
      };
      return pushRefs(http, updates, { isAtomic, said, pack });
    });
    return { ...result, notes: [] };
  }

  async tips(refs: readonly string[], timeoutMs: number): Promise<AskedTips> {
    let found: ServerRefs['refs'] | null = null;
    const result = await this.#talk('asking', timeoutMs, async (http, said) => {
      found = (await new UploadPack(http, said).refs(refs)).refs;
      return { code: 0, stdout: Buffer.alloc(0), stderr: said.text };
    });
    const tips = found as ServerRefs['refs'] | null;
    return { tips: tips && new Map([...tips].filter(([ref]) => refs.includes(ref))), result };
  }

  /** The refs of the remote that begin with any of these texts, and the branch that its HEAD names. */
  async serverRefs(prefixes: readonly string[], timeoutMs: number): Promise<ServerRefs | GitResult> {
    let found: ServerRefs | null = null;
    const result = await this.#talk('asking', timeoutMs, async (http, said) => {
      found = await new UploadPack(http, said).refs(prefixes);
      return { code: 0, stdout: Buffer.alloc(0), stderr: said.text };
    });
    return found ?? result;
  }

  async stillHas({ from, to, count, timeoutMs }: Question): Promise<boolean | null> {
    const { code, stderr } = await this.#talk('asking', timeoutMs, async (http, said) => {
      // With a depth, the server must read every object that is not in `to`.
      const wants = { wants: [from], haves: [to], shallow: [], depth: count };
      await new UploadPack(http, said).fetch(wants);
      return { code: 0, stdout: Buffer.alloc(0), stderr: said.text };
    });
    if (code === 0) return true;
    return stderr.includes(`not our ref ${from}`) || isDamaged(stderr) ? false : null;
  }

  async probe(branch: string, _known: Revision, timeoutMs: number): Promise<GitResult> {
    return (await this.tips([`refs/heads/${branch}`], timeoutMs)).result;
  }

  /** Runs one exchange to its end; its failure is a result. Throws RemoteError if no remote may be contacted. */
  async #talk<R extends GitResult>(
    what: string,
    timeoutMs: number,
    exchange: (http: SmartHttp, said: Said) => Promise<R>,
  ): Promise<R | GitResult> {
    const { place, name, isOffline, waits } = this.#parts;
    if (isOffline) throw offlineError();
    const wait: Wait | undefined = waits?.begin(`${what} ${name}`, false);
    const onText = wait ? (text: string) => tellProgress(text, wait) : undefined;
    const said: Said = { text: '', onText };
    try {
      const result = await exchange(new SmartHttp(place, timeoutMs), said);
      return { ...result, stderr: withoutProgress(result.stderr) };
    } catch (error) {
      const words = error instanceof CutOff ? 'fatal: ' : 'fatal: protocol error: ';
      const failure = error instanceof ProtocolError ? new WireFailure(`${words}${error.message}\n`) : error;
      if (!(failure instanceof WireFailure)) throw failure;
      const { result } = failure;
      return { ...result, stderr: withoutProgress(`${said.text}${result.stderr}`) };
    } finally {
      wait?.end();
    }
  }
}
