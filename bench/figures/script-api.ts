import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SCRIPT_PHASES } from '../../src/model/state/script-phases.js';
import { missingRow, type Row, ratioRow } from '../result.js';
import { ended } from '../script-helper.js';
import { progress, type Surroundings } from '../surroundings.js';
import { yq } from '../tools.js';

const ROUNDS = 21;
const FEW = 50;
const MANY = 5_000;
const CALLS = ['get_state', 'update_state', 'add_event', 'phase_mark_completed'] as const;
const LIBRARY = 'bench/baselines/yq-library.sh';
const TIME = '2025-07-11T14:30:00Z';
const PHASES = SCRIPT_PHASES.slice(0, 6);

const words = (call: string, events: number) => ({
  what: `${call}, ${events} events`,
  command: `eval "$(kgit shell-init bash)"; ${call}`,
  baseline: `${LIBRARY} ${call}`,
  target: 1,
});

/** SCRIPT-API: each function of the script API against the yq 4 calls that it replaces, in one script. */
export async function scriptApi(surroundings: Surroundings): Promise<Row[]> {
  const tool = yq();
  if ('missing' in tool)
    return CALLS.map((call) => missingRow(words(call, FEW), `yq 4 is not there: ${tool.missing}`));
  progress(`SCRIPT-API: ${ROUNDS} rounds`);
  const times = await measure(surroundings, tool.path);
  const of = (name: string) => {
    const found = times.get(name);
    if (!found) throw new Error(`bench/script-api.sh told no time of ${name}`);
    return found;
  };
  const rows = [FEW, MANY].flatMap((events) =>
    CALLS.map((call) => {
      const { own, replaced } = of(`${call}-${events}`);
      return ratioRow(words(call, events), own, replaced);
    }),
  );
  const { own: few, replaced: many } = of('flat');
  const flat = ratioRow(
    {
      what: `add_event, ${MANY} events against ${FEW}`,
      command: `eval "$(kgit shell-init bash)"; add_event`,
      baseline: `add_event, ${FEW} events`,
      target: 1.2,
    },
    many,
    few,
  );
  return [...rows, flat];
}

interface Times {
  readonly own: number[];
  readonly replaced: number[];
}

async function measure(surroundings: Surroundings, yqPath: string): Promise<Map<string, Times>> {
  const repository = surroundings.folder('repository');
  const [node, program] = surroundings.kgit(process.execPath);
  const env = surroundings.env({ KGIT_REPO: repository, PATH: `${dirname(yqPath)}:${process.env['PATH']}` });
  execFileSync(node, [program as string, 'init', repository], { env, stdio: 'ignore' });
  for (const events of [FEW, MANY]) legacyFiles(surroundings.root, events);
  const script = join(surroundings.project, 'bench/script-api.sh');
  const library = join(surroundings.project, LIBRARY);
  const args = [String(ROUNDS), surroundings.root, library, node, program as string, '--'];
  const told = execFileSync(script, [...args, String(FEW), String(MANY)], { env, encoding: 'utf8' });
  const times = new Map<string, Times>();
  for (const line of told.trim().split('\n')) {
    const [name = '', own, replaced] = line.split(' ');
    if (name === 'helper') {
      await ended(Number(own));
      continue;
    }
    const known = times.get(name) ?? { own: [], replaced: [] };
    times.set(name, known);
    known.own.push(Number(own) / 1000);
    known.replaced.push(Number(replaced) / 1000);
  }
  return times;
}

function legacyFiles(root: string, events: number): void {
  const folder = join(root, `yq-${events}`);
  mkdirSync(folder);
  const head = `deployment_id: "k0rdent-bench${events}"\ncreated_at: "${TIME}"\nlast_updated: "${TIME}"\n`;
  const phases = PHASES.map((name) => `  ${name}:\n    status: "pending"\n    updated_at: "${TIME}"\n`);
  writeFileSync(
    join(folder, 'deployment-state.yaml'),
    `${head}phase: "preparation"\nstatus: "in_progress"\nk0rdent_installed: false\nphases:\n${phases.join('')}`,
  );
  const entry = (i: number) => {
    const at = new Date(Date.parse(TIME) + i * 1000).toISOString().replace('.000', '');
    return `  - timestamp: "${at}"\n    action: touched\n    message: event ${i}\n`;
  };
  writeFileSync(
    join(folder, 'deployment-events.yaml'),
    `${head}events:\n${Array.from({ length: events }, (_, i) => entry(i)).join('')}`,
  );
  cpSync(folder, join(root, `kgit-${events}`, 'state'), { recursive: true });
}
