/** Keys of which it is known whether they are there, whatever a server lists. */
export class Overlay {
  /** By folder: its names, and whether each is there; a folder is if something below it is. */
  readonly #folders = new Map<string, Map<string, boolean>>();

  constructor(keys: ReadonlyMap<string, boolean>) {
    for (const [key, isThere] of keys) {
      for (let end = key.length; end > 0; ) {
        const cut = key.lastIndexOf('/', end - 2) + 1;
        this.#add(key.slice(0, cut), key.slice(cut, end), isThere);
        end = cut;
      }
    }
  }

  #add(folder: string, name: string, isThere: boolean): void {
    const names = this.#folders.get(folder) ?? new Map<string, boolean>();
    this.#folders.set(folder, names);
    names.set(name, isThere || names.get(name) === true);
  }

  /**
   * Adds to the names of a folder those that are there, and removes those that are not.
   * @param list lists a folder below it, this overlay included
   */
  async names(
    folder: string,
    prefix: string,
    listed: readonly string[],
    list: (folder: string) => Promise<readonly string[]>,
  ): Promise<string[]> {
    const names = new Set(listed);
    for (const [name, isThere] of this.#folders.get(folder) ?? []) {
      if (!name.startsWith(prefix)) continue;
      if (isThere) names.add(name);
      else if (!name.endsWith('/')) names.delete(name);
      else if (names.has(name) && (await list(folder + name)).length === 0) names.delete(name);
    }
    return [...names];
  }
}
