import { describe, expect, it } from 'vitest';
import { COMMAND_FORMS, FILE_FORMS } from '../../../src/model/secret/forms/command-forms.js';

/** A pattern without its escapes and character classes, so that what is left of `*` and `+` repeats. */
function bare(pattern: RegExp): string {
  return pattern.source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
}

describe('the patterns of commands and files', () => {
  it.each([...COMMAND_FORMS, ...FILE_FORMS].map((form) => [form.what, form.pattern] as const))(
    '%s: repeats within bounds, so that the time is linear in the text',
    (_, pattern) => {
      expect(bare(pattern)).not.toMatch(/[*+]|\{\d+,\}/);
    },
  );

  it('are told by the check', () => {
    for (const pattern of [/a*b/, /(?:a|b)+c/, /a{2,}b/]) expect(bare(pattern)).toMatch(/[*+]|\{\d+,\}/);
    for (const pattern of [/a\*b/, /[*+]b/, /a{2,9}b/]) expect(bare(pattern)).not.toMatch(/[*+]|\{\d+,\}/);
  });
});
