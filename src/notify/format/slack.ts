/** Slack: incoming webhooks with Block Kit. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import type { Level } from '../message/notice.js';
import { bounded } from './bounded.js';
import type { Card } from './card.js';

const MAX_HEADER = 150;
const MAX_FIELD = 500;
const MAX_TEXT = 2900;
const MAX_FALLBACK = 1000;

const SIGNS: Readonly<Record<Level, string>> = {
  bad: '🔴',
  warning: '🟠',
  good: '🟢',
  neutral: '🔵',
};

/** The three characters with a meaning in every text: with them, `<!channel>` calls everybody. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (character: string) => ENTITIES[character] ?? character;

/** A text in which Slack finds neither markup nor mentions nor emoji. */
const plainText = (text: string, most: number) => ({
  type: 'plain_text',
  text: bounded(text, most, escaped),
  emoji: false,
});

/** The body of a message. */
export function slackBody({ level, title, facts, lines, link, footer }: Card): string {
  const fields = facts.slice(0, 10).map(([label, text]) => plainText(`${label}: ${text}`, MAX_FIELD));
  return JSON.stringify({
    text: bounded(`${SIGNS[level]} ${title}`, MAX_FALLBACK, escaped),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plainText(`${SIGNS[level]} ${title}`, MAX_HEADER) },
      ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
      ...(lines.length > 0 ? [{ type: 'section', text: plainText(lines.join('\n'), MAX_TEXT) }] : []),
      {
        type: 'context',
        elements: [
          plainText(footer, MAX_FIELD),
          ...(link === null
            ? []
            : [
                { type: 'mrkdwn', text: `<${[...link].map(escaped).join('')}|Open in kgit>`, verbatim: true },
              ]),
        ],
      },
    ],
  });
}
