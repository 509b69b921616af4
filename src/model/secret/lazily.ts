/** The value of `make`, made when it is first asked for: a run of kgit that does not need it pays nothing. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
