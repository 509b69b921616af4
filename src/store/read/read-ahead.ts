import type { ChooseBelow, Entry, StateView, TakeBelow } from '../port/state-store.js';
import { listBelow } from './list-below.js';

/** A view whose files can be read ahead: each is handed over from memory once it is asked for. */
export class ReadAheadView implements StateView {
  readonly #base: StateView;
  readonly #texts = new Map<string, string | null>();

  constructor(base: StateView) {
    this.#base = base;
  }

  /** Reads a file and keeps its text. Throws as `read`. */
  async ahead(path: string): Promise<string | null> {
    const text = await this.#base.read(path);
    this.#texts.set(path, text);
    return text;
  }

  read(path: string): Promise<string | null> {
    const text = this.#texts.get(path);
    if (text === undefined) return this.#base.read(path);
    this.#texts.delete(path);
    return Promise.resolve(text);
  }

  list(folder: string, prefix?: string): Promise<readonly Entry[] | null> {
    return this.#base.list(folder, prefix);
  }

  listBelow(folders: readonly string[], choose: ChooseBelow, take: TakeBelow): Promise<void> {
    return listBelow(this.#base, folders, choose, take);
  }

  kindOf(path: string): Promise<Entry['kind'] | null> {
    return this.#base.kindOf(path);
  }
}
