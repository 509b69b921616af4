import type { ChangeDocument, ChangeNews, EventDocument } from '../../news/news-item.js';
import type { PublishedChange } from '../../review/published-change.js';
import { changeDocument } from '../watch/change-document.js';

/** Largest document, in characters of its JSON. */
const MOST_CHARACTERS = 128 * 1024;
/** How many events, changes and files a document names that would be larger. */
const MOST = 200;
const MOST_TEXT = 200;

/** Builds the news of a revision. A document that would be too large has the first rows only, and no values in them. */
export function changeNews(change: PublishedChange): ChangeNews {
  const document = changeDocument(change);
  const isLarge = JSON.stringify(document).length > MOST_CHARACTERS;
  return { kind: 'change', document: isLarge ? cut(document) : document };
}

function cut({ events, changes, files, ...head }: ReturnType<typeof changeDocument>): ChangeDocument {
  return {
    ...head,
    title: head.title.slice(0, MOST_TEXT),
    author: head.author.slice(0, MOST_TEXT),
    events: events.slice(0, MOST).map(headOf),
    changes: changes.slice(0, MOST).map(({ subject, path }) => ({ subject, path: path.slice(0, MOST_TEXT) })),
    files: files.slice(0, MOST).map((file) => file.slice(0, MOST_TEXT)),
    truncated: true,
  };
}

function headOf({ id, timestamp, action, subject, outcome, user }: EventDocument): EventDocument {
  const said = {
    ...(outcome === undefined ? {} : { outcome }),
    ...(user === undefined ? {} : { user: user.slice(0, MOST_TEXT) }),
  };
  return { id, timestamp, action, subject, ...said };
}
