/** Discord: webhooks with an embed. https://discord.com/developers/docs/resources/webhook#execute-webhook */
import type { Level } from '../message/notice.js';
import { bounded } from './bounded.js';
import type { Card } from './card.js';

/** Limits of Discord; all texts together stay below its 6000. */
const MAX_TITLE = 256;
const MAX_NAME = 256;
const MAX_VALUE = 400;
const MAX_DESCRIPTION = 2000;
const MAX_FOOTER = 200;

const COLOURS: Readonly<Record<Level, number>> = {
  bad: 0xd1242f,
  warning: 0xd4a72c,
  good: 0x2da44e,
  neutral: 0x6e7781,
};

/** Markdown, mentions and links with a text of their own. */
function escaped(character: string): string {
  if (character === '@') return '@\u200b';
  return /[\\*_~`|<>#[\]()]/.test(character) ? `\\${character}` : character;
}

/** The body of a message: it mentions nobody, whatever its texts say. */
export function discordBody({ level, title, facts, lines, link, footer, time }: Card): string {
  return JSON.stringify({
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: bounded(title, MAX_TITLE, escaped),
        ...(link === null ? {} : { url: link }),
        color: COLOURS[level],
        ...(lines.length > 0 ? { description: bounded(lines.join('\n'), MAX_DESCRIPTION, escaped) } : {}),
        fields: facts.slice(0, 8).map(([label, text]) => ({
          name: bounded(label, MAX_NAME, escaped),
          value: bounded(text, MAX_VALUE, escaped),
          inline: text.length <= 40,
        })),
        // A footer shows no markdown.
        footer: { text: bounded(footer, MAX_FOOTER) },
        timestamp: time,
      },
    ],
  });
}
