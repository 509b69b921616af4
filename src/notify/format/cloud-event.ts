/** CloudEvents 1.0 as structured JSON, for programs. https://github.com/cloudevents/spec */
import type { Delivery, Message } from '../message/notice.js';
import { cardOf } from './card.js';

export const CLOUD_EVENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/** What a receiver gets of one message. */
function dataOf({ id, rule, occasions, notice }: Message, link: string | null) {
  const { level, title, subject, data, time } = notice;
  return { id, rule, occasion: occasions.at(-1), level, title, subject, time, link, ...data };
}

/** The JSON of a delivery; `id` is the same at every try. */
export function cloudEvent(delivery: Delivery, pageUrl: string | null): string {
  const { title, time, link, level } = cardOf(delivery, pageUrl);
  const head = {
    specversion: '1.0',
    id: delivery.id,
    source: pageUrl ?? 'urn:kgit:server',
    time,
    datacontenttype: 'application/json',
  };
  if (delivery.kind === 'digest') {
    const messages = delivery.messages.map(({ id, rule, notice }) => {
      const { level: each, subject } = notice;
      return { id, rule, level: each, title: notice.title, subject, time: notice.time };
    });
    return JSON.stringify({ ...head, type: 'kgit.digest.v1', data: { level, title, link, messages } });
  }
  const { message } = delivery;
  const {
    occasions,
    notice: { subject },
  } = message;
  return JSON.stringify({
    ...head,
    type: `kgit.${occasions[0]}.v1`,
    ...(subject === '' ? {} : { subject }),
    data: dataOf(message, link),
  });
}
