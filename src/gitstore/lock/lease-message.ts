/** The messages of the commits that make the chain of a lock. */
import { randomBytes } from 'node:crypto';
import { type LeaseAction, type LeaseRecord, leaseFromJson } from '../../model/lease/lease.js';
import { isMap } from '../../model/value/value.js';

/** At this length the next commit starts a new chain, which continues the token. */
export const MAX_CHAIN = 64;
const MAX_MESSAGE = 64 * 1024;

/** What a commit of a lock's chain says. */
export interface ChainLink {
  readonly record: LeaseRecord;
  /**
   * Position in the chain, from 1 to `MAX_CHAIN`. It starts again at 1 where a new chain is due, even if the server lets
   * no ref go back and the chain continues.
   */
  readonly length: number;
}

const HEADINGS: Readonly<Record<LeaseAction, string>> = {
  acquire: 'acquired by',
  renew: 'renewed by',
  break: 'broken by',
  release: 'released by',
};

/** Returns the position after `length`, which is 0 before the first commit. */
export const nextLength = (length: number): number => (length >= MAX_CHAIN ? 1 : length + 1);

/**
 * Formats the message of a new commit: one line for people, then the record. A nonce makes every commit unique, because
 * git reports success for a push of an identical commit.
 */
export function leaseMessage({ record, length }: ChainLink): string {
  const { action, name, holder, token } = record;
  const who = `${holder.name}@${holder.host}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  const json = { ...record, nonce: randomBytes(16).toString('hex'), length };
  return `lock ${name}: ${HEADINGS[action]} ${who}, token ${token}\n\n${JSON.stringify(json, null, 2)}\n`;
}

/** Parses the message of a commit; null if it is none of a lock's, for anybody may push any commit. */
export function parseLeaseMessage(message: string): ChainLink | null {
  if (message.length > MAX_MESSAGE) return null;
  try {
    return linkFromJson(JSON.parse(message.slice(message.indexOf('\n\n'))));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function linkFromJson(value: unknown): ChainLink | null {
  const record = leaseFromJson(value);
  const length = isMap(value) ? value['length'] : null;
  const isPosition = typeof length === 'number' && Number.isSafeInteger(length) && length > 0;
  return record && isPosition ? { record, length } : null;
}
