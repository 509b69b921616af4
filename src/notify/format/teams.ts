/**
 * Microsoft Teams: an Adaptive Card for a workflow "When a Teams webhook request is received".
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
import type { Level } from '../message/notice.js';
import { bounded } from './bounded.js';
import type { Card } from './card.js';

const MAX_TITLE = 250;
const MAX_VALUE = 500;
const MAX_TEXT = 2500;
const MAX_FOOTER = 200;

const COLOURS: Readonly<Record<Level, string>> = {
  bad: 'attention',
  warning: 'warning',
  good: 'good',
  neutral: 'default',
};

/** Runs of text show no markdown and no HTML, other than the texts of a TextBlock or FactSet. */
const run = (text: string, style: Readonly<Record<string, unknown>> = {}) => ({
  type: 'TextRun',
  text,
  ...style,
});
const paragraph = (...inlines: readonly object[]) => ({ type: 'RichTextBlock', inlines });

/** The body of a message; below the 28 KiB that Teams takes. */
export function teamsBody({ level, title, facts, lines, link, footer }: Card): string {
  const style = { weight: 'bolder', size: 'large', color: COLOURS[level] };
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: bounded(title, MAX_TITLE),
    msteams: { width: 'Full' },
    body: [
      paragraph(run(bounded(title, MAX_TITLE), style)),
      ...facts
        .slice(0, 10)
        .map(([label, text]) =>
          paragraph(run(`${label}: `, { weight: 'bolder' }), run(bounded(text, MAX_VALUE))),
        ),
      ...(lines.length > 0 ? bounded(lines.join('\n'), MAX_TEXT).split('\n') : []).map((line) =>
        paragraph(run(line)),
      ),
      paragraph(run(bounded(footer, MAX_FOOTER), { size: 'small', isSubtle: true })),
    ],
    ...(link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open in kgit', url: link }] }),
  };
  return JSON.stringify({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card },
    ],
  });
}
