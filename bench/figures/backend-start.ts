import { type BackendPlace, clientEnv, withBackends } from '../backend-places.js';
import { type Contender, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import type { Surroundings } from '../surroundings.js';
import { BACKENDS } from './backends.js';

const ROUNDS = 11;
const COMMANDS = {
  get: ['get', 'deployment.phase', '--deployment', 'd'],
  'push-event': ['push-event', 'touched', '--deployment', 'd'],
} as const;

/** BACKENDS-START: `get` and `push-event` as commands, on each back end, against bare node. */
export function backendStart(surroundings: Surroundings): Promise<Row[]> {
  return withBackends(surroundings, BACKENDS, async (places) => {
    const contender = (place: BackendPlace, args: readonly string[]): Contender => ({
      argv: surroundings.kgit(process.execPath, ...args),
      cwd: surroundings.root,
      env: clientEnv(surroundings, place),
    });
    const bare: Contender = { argv: [process.execPath, '-e', '0'], env: surroundings.env() };
    return Object.entries(COMMANDS).flatMap(([command, args]) => {
      const all = Object.fromEntries(places.map((place) => [place.name, contender(place, args)]));
      const times = race<string>({ bare, ...all }, ROUNDS);
      return places.map(({ name }) => {
        const words = { command: `kgit ${args.join(' ')}`, baseline: 'node -e 0', target: null };
        return ratioRow(
          { ...words, what: `\`kgit ${command}\`: ${name}` },
          times[name] ?? [],
          times['bare'] ?? [],
        );
      });
    });
  });
}
