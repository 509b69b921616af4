import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { News, NewsItem } from '../../src/news/news-item.js';
import { occurrencesOf } from '../../src/notify/message/occurrences-of.js';
import { DEFAULT_RULES } from '../../src/notify/rules/default-rules.js';
import { fits } from '../../src/notify/rules/glob.js';
import { type Rule, ruleFor, SELECTORS, selects } from '../../src/notify/rules/rule.js';
import {
  changeNews,
  divergenceNews,
  eventDocument,
  outboxNews,
  rewriteNews,
  transitionNews,
} from '../support/notify/news.js';

const itemOf = (news: News): NewsItem => ({ ...news, id: 'j-1', time: 0 });
const noticeOf = (news: News) => {
  const [notice] = occurrencesOf(itemOf(news));
  if (notice === undefined) throw new Error('no notice');
  return notice;
};

/** What a pattern means, word by word. */
function means(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('**')) {
    const rest = pattern.replace(/^\*+/, '');
    return Array.from({ length: text.length + 1 }, (_, at) => at).some((at) => means(rest, text.slice(at)));
  }
  if (pattern.startsWith('*'))
    return Array.from({ length: text.length + 1 }, (_, at) => at).some(
      (at) => !text.slice(0, at).includes('/') && means(pattern.slice(1), text.slice(at)),
    );
  const [first = '', ...rest] = text;
  if (text === '') return false;
  const isOne = pattern[0] === '?' ? first !== '/' : pattern[0] === first;
  return isOne && means(pattern.slice(1), rest.join(''));
}

describe('a pattern', () => {
  it('means what its words say, for all patterns and texts', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '*', '?', '.', '[', '\\', '$', '-'),
      maxLength: 8,
    });
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '.', '[', '\\', '$', '-', '*', '\n'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(pattern, text, (one, other) => fits(one, other) === means(one, other)),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['cluster/prod/*/*', 'cluster/prod/kcm-system/eu-1', true],
    ['cluster/prod/*', 'cluster/prod/kcm-system/eu-1', false],
    ['cluster/prod/**', 'cluster/prod/kcm-system/eu-1', true],
    ['cluster/**/eu-?', 'cluster/prod/kcm-system/eu-1', true],
    ['constructor', 'constructor', true],
    ['Cluster/**', 'cluster/prod/kcm-system/eu-1', false],
  ])('%s fits %s: %s', (pattern, text, does) => {
    expect(fits(pattern, text)).toBe(does);
  });

  it('with many stars takes no longer than one with few', () => {
    // A regular expression would try each way to share the text among the stars.
    expect(fits(`${'**a'.repeat(40)}b`, 'a'.repeat(1000))).toBe(false);
    expect(fits(`${'*a'.repeat(40)}*`, 'a'.repeat(1000))).toBe(true);
  });
});

const selector = fc.record(
  {
    action: fc.subarray(['deployment_*', 'lock_broken', 'x'], { minLength: 1 }),
    outcome: fc.subarray(['failed', 'succeeded', 'started'] as const, { minLength: 1 }),
    user: fc.subarray(['a*', 'bob'], { minLength: 1 }),
    subject: fc.subarray(['cluster/**', 'deployment/*', 'lock/*'], { minLength: 1 }),
    from: fc.subarray(['Ready', 'Failed', 'none'], { minLength: 1 }),
    to: fc.subarray(['Ready', 'Failed', 'none'], { minLength: 1 }),
    divergence: fc.subarray(['drifted', 'vanished'], { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const occasions = fc.subarray(
  ['event', 'lock_broken', 'transition', 'divergence_found', 'divergence_resolved', 'outbox_stuck'] as const,
  { minLength: 1 },
);
const rule: fc.Arbitrary<Rule> = fc
  .tuple(occasions, selector)
  .map(([on, selectors]) => ({ name: 'rule', on, ...selectors }));
const news: fc.Arbitrary<News> = fc.oneof(
  fc
    .record({
      action: fc.constantFrom('deployment_created', 'lock_broken', 'x'),
      outcome: fc.constantFrom('failed', 'succeeded', 'started'),
      user: fc.constantFrom('ada', 'bob', 'eve'),
      subject: fc.constantFrom('cluster/a/b/c', 'deployment/d', 'lock/deploy'),
    })
    .map((fields) => changeNews(eventDocument(fields))),
  fc
    .tuple(fc.constantFrom('Ready', 'Failed', null), fc.constantFrom('Ready', 'Failed', null))
    .map(([from, to]) => transitionNews(from, to)),
  fc
    .tuple(fc.constantFrom('found', 'resolved'), fc.constantFrom('drifted', 'vanished'))
    .map(([type, divergence]) => divergenceNews(type, divergence)),
  fc.constantFrom('stuck' as const, 'published' as const).map((type) => outboxNews(type)),
);

describe('a rule', () => {
  it('selects what all its selectors select, each by itself', () => {
    fc.assert(
      fc.property(rule, news, (one, what) => {
        const notice = noticeOf(what);
        const names = Object.keys(SELECTORS) as (keyof typeof SELECTORS)[];
        const alone = names
          .filter((name) => one[name] !== undefined)
          .map((name) => selects({ name: 'x', on: one.on, [name]: one[name] }, notice));
        const expected = selects({ name: 'x', on: one.on }, notice) && alone.every(Boolean);
        return selects(one, notice) === expected;
      }),
      { numRuns: 1000 },
    );
  });

  it('selects no less with more words in a selector, and no more with another selector', () => {
    fc.assert(
      fc.property(rule, news, fc.constantFrom('failed', 'succeeded', 'started'), (one, what, outcome) => {
        const notice = noticeOf(what);
        const { outcome: before, ...rest } = one;
        if (before === undefined)
          return selects({ ...one, outcome: [outcome] }, notice) <= selects(one, notice);
        return selects(one, notice) <= selects({ ...rest, outcome: [...before, outcome] }, notice);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not select what lacks the thing that it selects by', () => {
    const anybody: Rule = { name: 'x', on: ['event'], user: ['**'] };
    const { user: _, ...nobody } = eventDocument();
    expect(selects(anybody, noticeOf(changeNews(eventDocument())))).toBe(true);
    expect(selects(anybody, noticeOf(changeNews(nobody)))).toBe(false);
  });
});

describe('the rules of a target that names none', () => {
  const nameFor = (what: News) => ruleFor(DEFAULT_RULES, noticeOf(what))?.name;

  it.each<[string, News, string | undefined]>([
    ['what failed', changeNews(eventDocument()), 'failures'],
    ['nothing that succeeded', changeNews(eventDocument({ outcome: 'succeeded' })), undefined],
    [
      'a lock that was broken',
      changeNews(eventDocument({ action: 'lock_broken', subject: 'lock/deploy', outcome: 'succeeded' })),
      'broken-locks',
    ],
    ['a cluster that fails', transitionNews('Ready', 'Failed'), 'broken-clusters'],
    ['that it is well again', transitionNews('Failed', 'Ready'), 'recovered-clusters'],
    ['that it is gone', transitionNews('DeleteFailing', null), 'recovered-clusters'],
    ['no cluster that is provisioned', transitionNews(null, 'Provisioning'), undefined],
    ['drift', divergenceNews('found'), 'divergence'],
    ['that drift is over', divergenceNews('resolved'), 'divergence'],
    ['no new template', divergenceNews('found', 'template-changed'), undefined],
    ['a history that was rewritten', rewriteNews(), 'rewritten-history'],
    ['an outbox that is stuck', outboxNews('stuck'), 'outbox'],
    ['that it is published', outboxNews('published'), 'outbox'],
  ])('select %s', (_what, one, name) => {
    expect(nameFor(one)).toBe(name);
  });
});
