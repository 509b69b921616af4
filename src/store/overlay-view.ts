import type { Entry, StateView } from './state-store.js';

/** A view with files laid over it: what the next operation of a batch, or a reader of its own writes, sees. */
export class OverlayView implements StateView {
  readonly #base: StateView;
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, Map<string, Entry['kind']>>();

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
        const entries = this.#folders.get(folder) ?? new Map<string, Entry['kind']>();
        entries.set(child.slice(cut + 1), kind);
        this.#folders.set(folder, entries);
        if (cut < 0) break;
        child = folder;
        kind = 'folder';
      }
    }
  }

  async read(path: string): Promise<string | null> {
    return this.#files.get(path) ?? (await this.#base.read(path));
  }

  async list(folder: string): Promise<readonly Entry[] | null> {
    const below = await this.#base.list(folder);
    const above = this.#folders.get(folder);
    if (!above) return below;
    const merged = new Map((below ?? []).map((entry) => [entry.name, entry.kind]));
    for (const [name, kind] of above) merged.set(name, kind);
    return [...merged].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
