import { isUtf8 } from 'node:buffer';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { type Place, placeOfPath } from '../../model/subject/place.js';
import type { Value } from '../../model/value/value.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';
import type { Review, ReviewTools, TreeFile } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Findings } from '../finding.js';
import { MonthIds } from '../month-ids.js';
import { toolsOf } from '../review-tools.js';
import { checkEvent, overriddenPaths } from './check-event.js';
import { checkSealed } from './check-sealed.js';
import { type KnownSecrets, SecretChecker } from './check-secrets.js';
import { checkMapping, checkState } from './check-state.js';

/** The most that is read at a time, unless a single file is larger. */
const BATCH_FILES = 4_096;
const BATCH_BYTES = 16 * 1024 * 1024;

type PlacedFile = TreeFile & { readonly place: Place };

/** What was checked. */
export interface Counts {
  files: number;
  events: number;
}

export interface FileCheck {
  readonly review: Review;
  /** ms since the epoch */
  readonly now: number;
  readonly findings: Findings;
  /** What is wrong with the values of a readable kgit.yaml; null if nothing is. */
  readonly markerFault: (marker: Record<string, Value>) => string | null;
  /** Paths of files that were written since the base; none without one. */
  readonly written?: ReadonlySet<string>;
  /** Advice on single files; that of the review if left out. */
  readonly tools?: ReviewTools;
  /** What the files that are not checked say; absent if all are. */
  readonly known?: KnownFiles;
}

/** What is known of a revision when only some of its files are checked. */
export interface KnownFiles {
  /** By deployment: the paths in its state whose values were allowed although they look secret. */
  readonly meant: ReadonlyMap<string, ReadonlySet<string>>;
  readonly secrets: KnownSecrets;
}

/** The files to check, in path order, a few thousand at a time. */
type CheckedFiles = AsyncIterable<readonly TreeFile[]> | Iterable<readonly TreeFile[]>;

/** Checks a file by its tree entry; returns whether to check its content, too. */
function checkEntry(
  { path, kind, odd, bytes, place }: PlacedFile,
  tools: ReviewTools,
  findings: Findings,
): boolean {
  if (kind === 'other') {
    findings.add('file-kind', path, `it is ${odd}`);
    return false;
  }
  if (kind === 'executable' && place.kind !== 'other')
    findings.add('file-kind', path, 'it is executable', {
      fix: `${tools.makePlain(path)}, then commit`,
    });
  if (place.kind === 'stray') {
    findings.add('file-place', path, 'kgit neither writes nor reads a file there', {
      fix: `Remove it (${tools.remove(path)}) or rename it as the rules require, then commit`,
    });
    return false;
  }
  if (place.kind !== 'other' && (bytes ?? 0) > MAX_YAML_BYTES) {
    const most = MAX_YAML_BYTES / 1024 / 1024;
    findings.add('file-size', path, `${bytes} bytes; kgit reads ${most} MiB at most`);
    return false;
  }
  return place.kind !== 'other';
}

class FileChecker {
  readonly counts: Counts = { files: 0, events: 0 };
  readonly #check: FileCheck;
  readonly #ids: MonthIds;
  readonly #secrets: SecretChecker;
  /**
   * By deployment: paths whose values look secret and were allowed. A deployment's events are checked before its state.
   */
  readonly #meant: Map<string, Set<string>>;
  hasMarker = false;

  constructor(check: FileCheck) {
    this.#check = check;
    this.#ids = new MonthIds(check.findings);
    const { findings, written, known } = check;
    this.#secrets = new SecretChecker(findings, (path) => written?.has(path) === true, known?.secrets);
    this.#meant = new Map([...(known?.meant ?? [])].map(([id, paths]) => [id, new Set(paths)]));
  }

  content({ path, place }: PlacedFile, data: Buffer): void {
    const { findings, now } = this.#check;
    if (!isUtf8(data)) {
      findings.add('yaml', path, 'it is not UTF-8 text');
      return;
    }
    const text = data.toString('utf8');
    if (place.kind === 'event') {
      const event = checkEvent({ subject: place.subject, path, text, isOwn: true }, now, findings);
      this.counts.events += 1;
      if (event) this.#event(place, path, text, event);
    } else if (place.kind === 'sealed') {
      for (const { event, text: own } of checkSealed({ ...place, path, text }, now, findings)) {
        this.counts.events += 1;
        this.#event(place, path, own, event);
      }
    } else if (place.kind === 'state') {
      const { id } = place.subject;
      const state = checkState(text, path, this.#meant.get(id) ?? new Set(), findings);
      if (state) this.#secrets.state(id, state, path, text);
    } else if (place.kind === 'secret') this.#secrets.secret(place.subject, path, text);
    else if (place.kind === 'recipients') this.#secrets.config(text);
    else if (place.kind === 'marker') this.#marker(text);
  }

  #event(
    { subject, month }: Place & { readonly kind: 'event' | 'sealed' },
    path: string,
    text: string,
    event: Parameters<typeof overriddenPaths>[0],
  ): void {
    this.#ids.add(subject, month, event, path, text);
    const paths = overriddenPaths(event);
    if (subject.kind !== 'deployment' || paths.length === 0) return;
    const meant = this.#meant.get(subject.id) ?? new Set();
    for (const meantPath of paths) meant.add(meantPath);
    this.#meant.set(subject.id, meant);
  }

  #marker(text: string): void {
    const { findings, markerFault } = this.#check;
    this.hasMarker = true;
    const marker = checkMapping(text, MARKER_FILE, findings);
    const fault = marker && markerFault(marker);
    if (fault) findings.add('marker', MARKER_FILE, fault);
  }
}

/** Groups the files into batches that fit in memory. */
async function* batches(
  all: CheckedFiles,
  { review, findings, tools = toolsOf(review) }: FileCheck,
  counts: Counts,
): AsyncGenerator<readonly PlacedFile[]> {
  let batch: PlacedFile[] = [];
  let bytes = 0;
  for await (const files of all) {
    for (const entry of files) {
      counts.files += 1;
      const file = { ...entry, place: placeOfPath(entry.path) };
      if (!checkEntry(file, tools, findings)) continue;
      const size = file.bytes ?? 0;
      if (batch.length >= BATCH_FILES || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(file);
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Yields the batches with their contents; git reads the next batch while the caller checks this one. */
async function* readAhead(
  review: Review,
  files: AsyncIterable<readonly PlacedFile[]>,
): AsyncGenerator<{ batch: readonly PlacedFile[]; contents: readonly Buffer[] }> {
  const read = async (batch: readonly PlacedFile[]) => ({
    batch,
    contents: await review.contents(batch.map(({ content }) => content)),
  });
  let next: ReturnType<typeof read> | null = null;
  for await (const batch of files) {
    const coming = read(batch);
    // Its failure is thrown when it is awaited.
    coming.catch(() => undefined);
    if (next) yield await next;
    next = coming;
  }
  if (next) yield await next;
}

/** Reports that a revision has no kgit.yaml. */
export function tellNoMarker(findings: Findings): void {
  findings.add('marker', MARKER_FILE, 'it is missing, so this is not a state repository', {
    fix: 'kgit init',
  });
}

/** Checks every file of a revision by itself, and that ids are unique. Holds two batches of files in memory. */
export async function checkFiles(revision: Revision, check: FileCheck): Promise<Counts> {
  const { counts, hasMarker } = await checkedEach(check.review.files(revision), check);
  if (!hasMarker) tellNoMarker(check.findings);
  return counts;
}

/** Checks some files of a revision like `checkFiles`. */
export async function checkSomeFiles(files: readonly TreeFile[], check: FileCheck): Promise<Counts> {
  return (await checkedEach([files], check)).counts;
}

async function checkedEach(all: CheckedFiles, check: FileCheck): Promise<FileChecker> {
  const checker = new FileChecker(check);
  const files = batches(all, check, checker.counts);
  for await (const { batch, contents } of readAhead(check.review, files))
    for (const [i, file] of batch.entries()) checker.content(file, contents[i] as Buffer);
  return checker;
}
