import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventPath } from '../src/model/subject/layout.js';
import { cluster } from '../src/model/subject/subject.js';
import { makeUlid } from '../src/model/value/ulid.js';
import type { Surroundings } from './surroundings.js';

/** An event of the benchmark's clusters as a file: its place in a state repository, and its text. */
export interface EventFile {
  readonly subject: string;
  readonly id: string;
  readonly path: string;
  readonly text: string;
}

const MESSAGE = 'an event of the benchmark';
let made = 0;

/** Makes an event of the present time, for each of `clusters` clusters in turn. */
export function nextEvent(clusters: number): EventFile {
  const number = made++;
  const time = Date.now();
  const name = `c${number % clusters}`;
  const id = makeUlid(time, BigInt(number));
  const action = 'touched';
  const path = eventPath(cluster('default', 'kcm-system', name), { id, action });
  const text = `id: ${id}\ntimestamp: "${new Date(time).toISOString()}"\naction: ${action}\nuser: bench\nmessage: ${MESSAGE}\n`;
  return { subject: `cluster/default/kcm-system/${name}`, id, path, text };
}

/** Arguments of `kgit push-event` for one event as `nextEvent` makes them. */
export function pushEventArgs(clusterName: string): string[] {
  return ['push-event', 'touched', '--cluster', clusterName, '--message', MESSAGE];
}

/** A baseline that adds, commits and pushes a new event file, written beforehand. */
export function naivePush(surroundings: Surroundings, clone: string, clusters: number) {
  const file = join(surroundings.folder('naive'), 'event.yaml');
  const argv: [string, ...string[]] = [surroundings.baseline('add-commit-push.sh'), clone, file, ''];
  return {
    argv,
    env: surroundings.env(),
    before: () => {
      const event = nextEvent(clusters);
      writeFileSync(file, event.text);
      argv[3] = event.path;
    },
  };
}

/** The same as the docs show it. */
export const NAIVE = 'bench/baselines/add-commit-push.sh CLONE FILE PATH';
