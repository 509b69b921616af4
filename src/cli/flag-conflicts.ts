/** Why two flags do not go together, where their names do not say it. */
const REASONS: Readonly<Record<string, string>> = {
  'lock propose': 'a lock guards what is published now, and a proposal waits for its reviewers',
  'propose queue': 'a proposal is made at the remote, and what is queued uses no network',
};

const HEADER = /^The following errors? occurred:$/;
const APART = /^--([\w-]+)(?:=.*)? cannot also be provided when using --([\w-]+)$/;
const TOGETHER = /^All of the following must be provided when using --([\w-]+): (--[\w-]+)$/;

/**
 * What the parser of flags says, in fewer words.
 * @returns the lines of its message, and what to do about it; null for advice where it has none
 */
export function flagWords(lines: readonly string[]): { lines: string[]; advice: string | null } {
  let advice: string | null = null;
  const said = lines.flatMap((line) => {
    const text = line.trim();
    if (HEADER.test(text)) return [];
    const [, one, other] = APART.exec(text) ?? [];
    if (one !== undefined && other !== undefined) {
      const reason = REASONS[[one, other].sort().join(' ')];
      advice ??= `Leave one of them out: --${one} or --${other}`;
      return [`--${one} and --${other} do not go together${reason ? `: ${reason}` : ''}`];
    }
    const [, needy, needed] = TOGETHER.exec(text) ?? [];
    if (needy === undefined) return [line];
    advice ??= `Add ${needed}, or leave --${needy} out`;
    return [`--${needy} needs ${needed}`];
  });
  return { lines: [...new Set(said)], advice };
}
