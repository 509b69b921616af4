import { byName, placeOf } from '../model/sorted-names.js';
import type { Entry, StateView } from './state-store.js';

/** A view with files laid over it: what the next operation of a batch, or a reader of its own writes, sees. */
export class OverlayView implements StateView {
  readonly #base: StateView;
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, Map<string, Entry['kind']>>();
  /** Folders as they were last asked for: a batch asks for one folder again and again. */
  readonly #merged = new Map<string, Entry[]>();

  constructor(base: StateView) {
    this.#base = base;
  }

  /** Adds or replaces files. */
  write(files: ReadonlyMap<string, string>): void {
    for (const [path, text] of files) {
      this.#files.set(path, text);
      let child = path;
      let kind: Entry['kind'] = 'file';
      for (let cut = child.lastIndexOf('/'); ; cut = child.lastIndexOf('/')) {
        const folder = cut < 0 ? '' : child.slice(0, cut);
        this.#add(folder, child.slice(cut + 1), kind);
        if (cut < 0) break;
        child = folder;
        kind = 'folder';
      }
    }
  }

  #add(folder: string, name: string, kind: Entry['kind']): void {
    const entries = this.#folders.get(folder) ?? new Map<string, Entry['kind']>();
    if (entries.get(name) === kind) return;
    entries.set(name, kind);
    this.#folders.set(folder, entries);
    const merged = this.#merged.get(folder);
    if (!merged) return;
    const at = placeOf(merged, name);
    merged.splice(at, merged[at]?.name === name ? 1 : 0, { name, kind });
  }

  async read(path: string): Promise<string | null> {
    return this.#files.get(path) ?? (await this.#base.read(path));
  }

  async list(folder: string): Promise<readonly Entry[] | null> {
    const above = this.#folders.get(folder);
    if (!above) return this.#base.list(folder);
    const known = this.#merged.get(folder);
    if (known) return known;
    const below = await this.#base.list(folder);
    const merged = new Map((below ?? []).map((entry) => [entry.name, entry.kind]));
    for (const [name, kind] of above) merged.set(name, kind);
    const entries = [...merged].map(([name, kind]) => ({ name, kind })).sort(byName);
    this.#merged.set(folder, entries);
    return entries;
  }
}
