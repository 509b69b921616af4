/** Reasons why two flags conflict, for pairs whose names do not explain it. */
const REASONS: Readonly<Record<string, string>> = {
  'lock propose': 'a lock guards what is published now, and a proposal waits for its reviewers',
  'propose queue': 'a proposal is made at the remote, but --queue uses no network',
};

/** Translates a simple JSONPath to a jq expression; returns an example for any other. */
function jqOf(jsonPath: string | undefined): string {
  const plain = /^\{?(\.[\w.[\]*]+)\}?$/.exec(jsonPath ?? '')?.[1];
  return plain?.replaceAll('[*]', '[]') ?? '.items[] | .subject';
}

const HEADER = /^The following errors? occurred:$/;
const APART = /^--([\w-]+)(?:=.*)? cannot also be provided when using --([\w-]+)$/;
const UNKNOWN = /^Nonexistent flags?: (.*)$/;
const MISSING = /^Missing required flag ([\w-]+)$/;
const TEMPLATE =
  /^Expected --output=(jsonpath|custom-columns|go-template|template)[\w-]*(?:=(.*))? to be one of: /;
const TOGETHER = /^All of the following must be provided when using --([\w-]+): (--[\w-]+)$/;

/**
 * Shortens the message of the flag parser.
 * @returns the lines of the message, and advice on how to fix the command line; null for no advice
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
    const [, unknown] = UNKNOWN.exec(text) ?? [];
    if (unknown !== undefined) return [`there is no flag ${unknown}`];
    const [, missing] = MISSING.exec(text) ?? [];
    if (missing !== undefined) return [`--${missing} is missing`];
    const [, template, expression] = TEMPLATE.exec(text) ?? [];
    if (template !== undefined) {
      advice ??= `Filter the JSON with jq: --json | jq -r '${jqOf(expression)}'`;
      return [`kgit has no output format ${template}`];
    }
    const [, needy, needed] = TOGETHER.exec(text) ?? [];
    if (needy === undefined) return [line];
    advice ??= `Add ${needed}, or leave --${needy} out`;
    return [`--${needy} needs ${needed}`];
  });
  return { lines: [...new Set(said)], advice };
}
