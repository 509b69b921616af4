import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { News } from '../../src/news/news-item.js';
import { cardOf } from '../../src/notify/format/card.js';
import { cloudEvent } from '../../src/notify/format/cloud-event.js';
import { discordBody } from '../../src/notify/format/discord.js';
import { slackBody } from '../../src/notify/format/slack.js';
import { teamsBody } from '../../src/notify/format/teams.js';
import { type Delivery, deliveryOf, type Message, messageOf } from '../../src/notify/message/notice.js';
import { occurrencesOf } from '../../src/notify/message/occurrences-of.js';
import { anyCharacter } from '../support/characters.js';
import {
  changeNews,
  divergenceNews,
  eventDocument,
  outboxNews,
  transitionNews,
} from '../support/notify/news.js';

const PAGE = 'https://kgit.example.com';

function messagesOf(...news: readonly News[]): readonly [Message, ...Message[]] {
  const [first, ...rest] = news.flatMap((one, n) =>
    occurrencesOf({ ...one, id: `j-${n}`, time: 0 }).map((occurrence) => messageOf('rule', occurrence)),
  );
  if (first === undefined) throw new Error('no message');
  return [first, ...rest];
}
const single = (news: News): Delivery => deliveryOf(messagesOf(news), false);

/** All texts below a value, with the keys that lead to them. */
function textsIn(value: unknown, key = ''): [key: string, text: string][] {
  if (typeof value === 'string') return [[key, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => textsIn(one, `${key}.${name}`));
}

const HOSTILE = [
  '<!channel> <!here|x> <@U123> <https://evil.example|click> & &lt;!channel&gt;',
  '@everyone @here <@&1> [click](https://evil.example) **bold** `code` ||spoiler|| # title',
  '</at><at>all</at> <script>alert(1)</script> {{DATE(2025-01-01)}} [click](javascript:alert(1))',
  'one\nOutcome: succeeded\r\n*By*: root\u2028\u202Eevil\u0000\u0007\u200b',
  'password=hunter2hunter2 ghp_0123456789abcdefghijklmnopqrstuvwxyzAB',
  '🔥'.repeat(400) + '\\'.repeat(3000),
];
const hostileNews = (text: string): News =>
  changeNews(
    eventDocument({
      ...{ action: text, subject: `deployment/${text}`, user: text, message: text, reason: text },
      ...{ phase: text, run_id: text, parameters: { [text]: text } },
    }),
  );
/** A digest of the same news, so many times. */
function digestOf(news: News, count: number): Delivery {
  const [message] = messagesOf(news);
  return deliveryOf([message, ...Array.from({ length: count - 1 }, () => message)], true);
}
const everywhere = (text: string): Delivery[] => [
  single(hostileNews(text)),
  single(transitionNews(text, text, text, text)),
  single(divergenceNews('found', text)),
  digestOf(hostileNews(text), 25),
];
const RUNS = { numRuns: 25 };
const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 700 }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', '@', '*', '`', '[', ']', '(', ')', '\\', '\n', '!', 'a'),
    maxLength: 700,
  }),
  fc.constantFrom(...HOSTILE),
);
const anyDelivery = anyText.map(everywhere);

describe('a message for Slack', () => {
  it('has no markup and no mention in what others wrote', () => {
    fc.assert(
      fc.property(anyDelivery, (deliveries) =>
        deliveries.forEach((delivery) => {
          for (const [key, text] of textsIn(JSON.parse(slackBody(cardOf(delivery, PAGE))))) {
            if (key.includes('.elements.1.')) continue;
            expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
          }
        }),
      ),
      RUNS,
    );
    const all = textsIn(JSON.parse(slackBody(cardOf(single(hostileNews(HOSTILE[0] ?? '')), PAGE))));
    expect(all.filter(([, text]) => text === 'mrkdwn')).toHaveLength(1);
    expect(all.some(([, text]) => text.includes('&lt;!channel&gt;'))).toBe(true);
  });

  it('keeps to the limits of Slack', () => {
    fc.assert(
      fc.property(anyDelivery, (deliveries) =>
        deliveries.forEach((delivery) => {
          const { text, blocks } = JSON.parse(slackBody(cardOf(delivery, PAGE)));
          expect(text.length).toBeLessThanOrEqual(3000);
          for (const block of blocks) {
            if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
            if (block.text) expect(block.text.text.length).toBeLessThanOrEqual(3000);
            expect(block.fields?.length ?? 1).toBeLessThanOrEqual(10);
            for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
          }
        }),
      ),
      RUNS,
    );
  });

  it('reads well', () => {
    expect(
      JSON.parse(slackBody(cardOf(single(transitionNews('Ready', 'Failed')), PAGE))),
    ).toMatchInlineSnapshot(`
      {
        "blocks": [
          {
            "text": {
              "emoji": false,
              "text": "🔴 cluster prod/kcm-system/eu-1: Failed",
              "type": "plain_text",
            },
            "type": "header",
          },
          {
            "fields": [
              {
                "emoji": false,
                "text": "State: Ready → Failed",
                "type": "plain_text",
              },
              {
                "emoji": false,
                "text": "Cause: no quota",
                "type": "plain_text",
              },
            ],
            "type": "section",
          },
          {
            "elements": [
              {
                "emoji": false,
                "text": "kgit · rule · 2025-11-24T16:00:00.000Z",
                "type": "plain_text",
              },
              {
                "text": "<https://kgit.example.com/clusters/prod/kcm-system/eu-1|Open in kgit>",
                "type": "mrkdwn",
                "verbatim": true,
              },
            ],
            "type": "context",
          },
        ],
        "text": "🔴 cluster prod/kcm-system/eu-1: Failed",
        "unfurl_links": false,
        "unfurl_media": false,
      }
    `);
  });
});

describe('a message for Discord', () => {
  it('mentions nobody, has no markup in what others wrote, and keeps to the limits', () => {
    fc.assert(
      fc.property(anyDelivery, (deliveries) =>
        deliveries.forEach((delivery) => {
          const {
            allowed_mentions: allowed,
            content,
            embeds,
          } = JSON.parse(discordBody(cardOf(delivery, PAGE)));
          expect([allowed, content, embeds.length]).toEqual([{ parse: [] }, undefined, 1]);
          const [{ title, description = '', fields, footer }] = embeds;
          expect(title.length).toBeLessThanOrEqual(256);
          expect(description.length).toBeLessThanOrEqual(4096);
          let total = title.length + description.length + footer.text.length;
          for (const { name, value } of fields) {
            expect(value.length).toBeGreaterThan(0);
            expect(value.length).toBeLessThanOrEqual(1024);
            total += name.length + value.length;
          }
          expect(total).toBeLessThanOrEqual(6000);
          const texts = [title, description, ...fields.map(({ value }: { value: string }) => value)];
          for (const text of texts) {
            expect(text.replace(/\\[\\*_~`|<>#[\]()]/g, '')).not.toMatch(/[\\*_~`|<>#[\]()]/);
            expect(text).not.toMatch(/@(?!\u200b|…|$)/);
          }
        }),
      ),
      RUNS,
    );
  });

  it('reads well', () => {
    expect(JSON.parse(discordBody(cardOf(single(changeNews(eventDocument())), PAGE)))).toMatchInlineSnapshot(`
      {
        "allowed_mentions": {
          "parse": [],
        },
        "embeds": [
          {
            "color": 13706287,
            "fields": [
              {
                "inline": true,
                "name": "By",
                "value": "ada",
              },
              {
                "inline": true,
                "name": "Outcome",
                "value": "failed",
              },
              {
                "inline": true,
                "name": "Cause",
                "value": "quota exceeded",
              },
            ],
            "footer": {
              "text": "kgit · rule · 2025-11-24T16:00:00.000Z",
            },
            "timestamp": "2025-11-24T16:00:00.000Z",
            "title": "deployment prod-eu: deployment\\_provisioned failed",
            "url": "https://kgit.example.com/deployments/prod-eu",
          },
        ],
      }
    `);
  });
});

describe('a message for Teams', () => {
  it('shows what others wrote as runs of text alone, and is no larger than Teams takes', () => {
    fc.assert(
      fc.property(anyDelivery, (deliveries) =>
        deliveries.forEach((delivery) => {
          const body = teamsBody(cardOf(delivery, PAGE));
          expect(Buffer.byteLength(body)).toBeLessThan(28 * 1024);
          const { content } = JSON.parse(body).attachments[0];
          for (const block of content.body) {
            expect(Object.keys(block).sort()).toEqual(['inlines', 'type']);
            expect(block.type).toBe('RichTextBlock');
            for (const { type } of block.inlines) expect(type).toBe('TextRun');
          }
          expect(content.msteams).toEqual({ width: 'Full' });
        }),
      ),
      RUNS,
    );
  });

  it('reads well', () => {
    expect(JSON.parse(teamsBody(cardOf(single(divergenceNews('found')), PAGE)))).toMatchInlineSnapshot(`
      {
        "attachments": [
          {
            "content": {
              "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
              "actions": [
                {
                  "title": "Open in kgit",
                  "type": "Action.OpenUrl",
                  "url": "https://kgit.example.com/clusters/prod/kcm-system/eu-1",
                },
              ],
              "body": [
                {
                  "inlines": [
                    {
                      "color": "warning",
                      "size": "large",
                      "text": "cluster prod/kcm-system/eu-1: drifted",
                      "type": "TextRun",
                      "weight": "bolder",
                    },
                  ],
                  "type": "RichTextBlock",
                },
                {
                  "inlines": [
                    {
                      "text": "Divergence: ",
                      "type": "TextRun",
                      "weight": "bolder",
                    },
                    {
                      "text": "drifted",
                      "type": "TextRun",
                    },
                  ],
                  "type": "RichTextBlock",
                },
                {
                  "inlines": [
                    {
                      "text": "Path: ",
                      "type": "TextRun",
                      "weight": "bolder",
                    },
                    {
                      "text": "spec.config.workersNumber",
                      "type": "TextRun",
                    },
                  ],
                  "type": "RichTextBlock",
                },
                {
                  "inlines": [
                    {
                      "text": "Cause: ",
                      "type": "TextRun",
                      "weight": "bolder",
                    },
                    {
                      "text": "spec.config.workersNumber is 3, recorded as 5",
                      "type": "TextRun",
                    },
                  ],
                  "type": "RichTextBlock",
                },
                {
                  "inlines": [
                    {
                      "isSubtle": true,
                      "size": "small",
                      "text": "kgit · rule · 2025-11-24T16:00:02.000Z",
                      "type": "TextRun",
                    },
                  ],
                  "type": "RichTextBlock",
                },
              ],
              "fallbackText": "cluster prod/kcm-system/eu-1: drifted",
              "msteams": {
                "width": "Full",
              },
              "type": "AdaptiveCard",
              "version": "1.4",
            },
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
          },
        ],
        "type": "message",
      }
    `);
  });
});

describe('a CloudEvent', () => {
  it('has the attributes of CloudEvents 1.0, and is no larger than a receiver has to take', () => {
    fc.assert(
      fc.property(anyDelivery, (deliveries) =>
        deliveries.forEach((delivery) => {
          const text = cloudEvent(delivery, PAGE);
          const event = JSON.parse(text);
          expect(event).toMatchObject({
            specversion: '1.0',
            source: PAGE,
            datacontenttype: 'application/json',
          });
          for (const name of ['id', 'type']) expect(event[name]).toMatch(/./s);
          expect(Number.isNaN(Date.parse(event.time))).toBe(false);
          expect(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
          if (delivery.kind === 'message') expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
        }),
      ),
      RUNS,
    );
  });

  it('leaves out of a large event what makes it large, and says so', () => {
    const large = changeNews(eventDocument({ parameters: { text: 'x '.repeat(100_000) } }));
    const { data } = JSON.parse(cloudEvent(single(large), null));
    expect(data.event).toMatchObject({ action: 'deployment_provisioned', leftOut: ['parameters'] });
    expect(data.event.parameters).toBeUndefined();
  });

  it('of a digest names every message, by the id that it would have alone', () => {
    const messages = messagesOf(changeNews(eventDocument()), outboxNews('stuck'));
    const { type, data } = JSON.parse(cloudEvent(deliveryOf(messages, true), null));
    expect(type).toBe('kgit.digest.v1');
    expect(data.messages.map(({ id }: { id: string }) => id)).toEqual(messages.map(({ id }) => id));
  });

  it('reads well', () => {
    const { id, data, ...event } = JSON.parse(cloudEvent(single(transitionNews('Ready', 'Failed')), PAGE));
    expect(id).toBe('j-0/rule');
    expect({ ...event, data }).toMatchInlineSnapshot(`
      {
        "data": {
          "at": "2025-11-24T16:00:00Z",
          "cause": "no quota",
          "dated": "api",
          "from": "Ready",
          "id": "j-0/rule",
          "level": "bad",
          "link": "https://kgit.example.com/clusters/prod/kcm-system/eu-1",
          "management": "prod",
          "name": "eu-1",
          "namespace": "kcm-system",
          "observedAt": "2025-11-24T16:00:02Z",
          "occasion": "transition",
          "rule": "rule",
          "subject": "cluster/prod/kcm-system/eu-1",
          "time": "2025-11-24T16:00:00Z",
          "title": "cluster prod/kcm-system/eu-1: Failed",
          "to": "Failed",
          "type": "changed",
          "uid": "c0ffee",
        },
        "datacontenttype": "application/json",
        "source": "https://kgit.example.com",
        "specversion": "1.0",
        "subject": "cluster/prod/kcm-system/eu-1",
        "time": "2025-11-24T16:00:00.000Z",
        "type": "kgit.transition.v1",
      }
    `);
  });
});

describe('every format', () => {
  const formats = [
    (delivery: Delivery) => slackBody(cardOf(delivery, PAGE)),
    (delivery: Delivery) => discordBody(cardOf(delivery, PAGE)),
    (delivery: Delivery) => teamsBody(cardOf(delivery, PAGE)),
    (delivery: Delivery) => cloudEvent(delivery, PAGE),
  ];

  it('shows no secret', () => {
    for (const format of formats)
      for (const delivery of everywhere(HOSTILE[4] ?? ''))
        expect(format(delivery)).not.toMatch(/hunter2|ghp_0/);
  });

  it('keeps what others wrote on one line, so that nothing passes for a line of kgit’s', () => {
    for (const delivery of everywhere(HOSTILE[3] ?? '')) {
      const { title, facts, lines } = cardOf(delivery, PAGE);
      for (const text of [title, ...facts.flat(), ...lines])
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });

  it('links to the page of this server alone', () => {
    for (const text of HOSTILE)
      for (const delivery of everywhere(text))
        expect(cardOf(delivery, PAGE).link).toMatch(
          /^https:\/\/kgit\.example\.com\/(timeline|locks|clusters|deployments)\b/,
        );
    expect(cardOf(single(outboxNews('stuck')), null).link).toBeNull();
  });
});
