/** Whether a version is at least the one given, by its first two numbers; null if it is no version. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean | null {
  const [, found, rest] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (found === undefined) return null;
  return Number(found) > major || (Number(found) === major && Number(rest) >= minor);
}
