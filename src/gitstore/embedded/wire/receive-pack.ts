/** Moves refs of a repository, each from the value that it must have. The answer is that of `git push --porcelain`. */
import type { RefUpdate } from '../../branch/git-remote.js';
import type { PushResult } from '../../branch/push.js';
import { REF_NAME } from '../file-refs.js';
import {
  FLUSH,
  type Frame,
  firstBand,
  frame,
  framesOf,
  hear,
  lineOf,
  MAX_REFS,
  ProtocolError,
  type Said,
} from './pkt-line.js';
import { type SmartHttp, WireFailure } from './smart-http.js';

const NOTHING = '0'.repeat(40);

/** What a server's receive-pack offers. */
interface Offer {
  readonly refs: ReadonlyMap<string, string>;
  readonly abilities: ReadonlySet<string>;
}

async function offerOf(frames: AsyncGenerator<Frame>): Promise<Offer> {
  const refs = new Map<string, string>();
  let abilities: ReadonlySet<string> | null = null;
  for await (const each of frames) {
    // A flush ends the name of the service, and then the refs.
    if (typeof each === 'string') continue;
    const line = lineOf(each);
    if (line.startsWith('ERR ')) throw new WireFailure(`fatal: remote error: ${line.slice(4)}\n`);
    if (abilities === null && line.startsWith('# service=')) continue;
    const [text = '', offered = ''] = line.split('\0');
    abilities ??= new Set(offered.trim().split(' '));
    const [oid = '', ref = ''] = text.split(' ');
    if (REF_NAME.test(ref)) refs.set(ref, oid);
    if (refs.size > MAX_REFS) throw new ProtocolError('too many refs');
  }
  return { refs, abilities: abilities ?? new Set() };
}

const short = (oid: string) => oid.slice(0, 12);

/** The line of a ref that moved, with git's flag. */
function moved({ ref, from, to, isForced = false }: RefUpdate): string {
  if (to === null) return `-\t:${ref}\t[deleted]`;
  if (from === null) return `*\t${to}:${ref}\t[new reference]`;
  return isForced
    ? `+\t${to}:${ref}\t${short(from)}...${short(to)}`
    : ` \t${to}:${ref}\t${short(from)}..${short(to)}`;
}

const failed = ({ ref, to }: RefUpdate, reason: string) => `!\t${to ?? ''}:${ref}\t${reason}`;

function resultOf(lines: readonly string[], stderr: string): PushResult {
  const code = lines.some((line) => line.startsWith('!')) ? 1 : 0;
  return { code, stdout: Buffer.from(`${lines.join('\n')}\n`), stderr, notes: [] };
}

/** What a push needs besides its refs. */
export interface PushParts {
  readonly isAtomic: boolean;
  readonly said: Said;
  /** Packs what the server lacks. */
  readonly pack: () => Promise<Buffer>;
}

/** Pushes. Throws WireFailure if the server says nothing about the refs. */
export async function pushRefs(
  http: SmartHttp,
  updates: readonly RefUpdate[],
  { isAtomic, said, pack }: PushParts,
): Promise<PushResult> {
  const { refs, abilities } = await offerOf(framesOf(await http.advertisement('git-receive-pack', 1)));
  if (isAtomic && !abilities.has('atomic'))
    throw new WireFailure('fatal: the receiving end does not support --atomic push\n');
  if (abilities.has('object-format=sha256'))
    throw new WireFailure("fatal: the receiving end does not support this repository's hash algorithm\n");
  const isStale = ({ ref, from }: RefUpdate) => (refs.get(ref) ?? null) !== from;
  const stale = updates.filter(isStale);
  const others = isAtomic && stale.length > 0 ? '[rejected] (atomic push failed)' : null;
  const sent = others === null ? updates.filter((update) => !isStale(update)) : [];
  const refused = updates
    .filter((update) => !sent.includes(update))
    .map((update) => failed(update, isStale(update) ? '[rejected] (stale info)' : (others ?? '')));
  if (sent.length === 0) return resultOf(refused, said.text);
  const wishes = ['report-status', 'side-band-64k', 'object-format=sha1'].filter((wish) =>
    abilities.has(wish),
  );
  const asked = ` ${[...wishes, ...(isAtomic ? ['atomic'] : []), 'agent=git/kgit'].join(' ')}`;
  const commands = sent.map(({ ref, from, to }, i) =>
    frame(`${from ?? NOTHING} ${to ?? NOTHING} ${ref}${i === 0 ? `\0${asked}` : ''}`),
  );
  const objects = sent.some(({ to }) => to !== null) ? [await pack()] : [];
  const frames = framesOf(
    await http.post('git-receive-pack', 1, Buffer.concat([...commands, FLUSH, ...objects])),
  );
  const isMultiplexed = abilities.has('side-band-64k');
  const report = await reportOf(isMultiplexed ? framesOf(firstBand(frames, said)) : frames, said);
  const lines = sent.map((update) => {
    const told = report.get(update.ref);
    if (told === undefined) return failed(update, '[remote failure] (remote failed to report status)');
    return told === null ? moved(update) : failed(update, `[remote rejected] (${told})`);
  });
  return resultOf([...refused, ...lines], said.text);
}

/**
 * Reads the report of a push: for each ref null, or why it did not move. A server that ends in the middle has told of no
 * ref, or of those that it named.
 */
async function reportOf(
  frames: AsyncGenerator<Frame>,
  said: Said,
): Promise<ReadonlyMap<string, string | null>> {
  const report = new Map<string, string | null>();
  try {
    for await (const each of frames) {
      if (typeof each === 'string') break;
      const line = lineOf(each);
      const [, verdict, ref = '', reason = ''] = /^(ok|ng) (\S+)(?: (.*))?$/.exec(line) ?? [];
      if (verdict === 'ok') report.set(ref, null);
      else if (verdict === 'ng') report.set(ref, reason);
      else if (line.startsWith('unpack ') && line !== 'unpack ok')
        said.text += `error: remote unpack failed: ${line.slice(7)}\n`;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof WireFailure && report.size > 0)) throw error;
    hear(said, `error: ${error.message}`);
  }
  return report;
}
