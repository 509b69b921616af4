import { describe, expect, it } from 'vitest';
import { Ancestry, wentForwards } from '../../../src/gitstore/history/ancestry.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const REF = 'refs/kgit/remote/main';

/** A graph that counts how often it is asked, and says no. */
function askedGraph() {
  const asked: string[][] = [];
  const isAncestor = async (...pair: string[]) => {
    asked.push(pair);
    return false;
  };
  return { asked, graph: { isAncestor } };
}

describe('what comes after what', () => {
  it('is known along what was fetched and pushed, in both directions, and asked of git beside it', async () => {
    const { asked, graph } = askedGraph();
    const ancestry = new Ancestry(graph);
    ancestry.note(A, B);
    ancestry.note(B, C);
    for (const [older, newer] of [
      [A, B],
      [A, C],
      [B, C],
      [A, A],
    ] as const)
      expect(await ancestry.isAncestor(older, newer)).toBe(true);
    expect(await ancestry.isAncestor(C, A)).toBe(false);
    expect(asked).toEqual([]);
    expect(await ancestry.isAncestor(A, 'd'.repeat(40))).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it('forgets what was noted of a line that was left', async () => {
    const { asked, graph } = askedGraph();
    const ancestry = new Ancestry(graph);
    ancestry.note(A, B);
    ancestry.note(A, C);
    expect(await ancestry.isAncestor(A, C)).toBe(true);
    expect(await ancestry.isAncestor(B, C)).toBe(false);
    expect(asked).toHaveLength(1);
  });
});

describe('the report of a fetch', () => {
  const report = (line: string) => `From /srv/state\n${line}\n`;
  it.each([
    ['forwards', `   aaaaaaa..bbbbbbb  main       -> ${REF}`, true],
    ['forced', ` + aaaaaaa...bbbbbbb main       -> ${REF}  (forced update)`, false],
    ['new', ` * [new branch]      main       -> ${REF}`, false],
    ['another ref', `   aaaaaaa..bbbbbbb  main       -> ${REF}x`, false],
    ['from elsewhere: another process moved it meanwhile', `   ccccccc..bbbbbbb  main -> ${REF}`, false],
    ['to elsewhere', `   aaaaaaa..ccccccc  main       -> ${REF}`, false],
    ['of a server that says so itself', `remote:    aaaaaaa..bbbbbbb  main       -> ${REF}`, false],
    ['nothing', '', false],
  ])('of a ref that went: %s', (_, line, expected) => {
    expect(wentForwards(report(line), REF, A, B)).toBe(expected);
  });
});
