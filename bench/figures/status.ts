import { manyClusters } from '../many-clusters.js';
import { type Contender, peakMemory, race, timed } from '../race.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { progress, type Surroundings } from '../surroundings.js';

const CLUSTERS = 2_000;
const ROUNDS = 15;
const TARGET = 1.5;
const MAX_MB = 250;

/** STATUS: 2,000 ClusterDeployments of a test server, against the same pages by kubectl and the start of kgit. */
export async function status(surroundings: Surroundings): Promise<Row[]> {
  const clusters = await manyClusters(surroundings, CLUSTERS);
  try {
    return measure(surroundings, clusters.kubeconfig);
  } finally {
    await clusters.stop();
  }
}

function measure(surroundings: Surroundings, kubeconfig: string): Row[] {
  const env = surroundings.env({ KUBECONFIG: kubeconfig });
  const cwd = surroundings.folder('status');
  const kgit = (...args: string[]): Contender => ({
    argv: surroundings.kgit(process.execPath, ...args),
    cwd,
    env,
  });
  timed(kgit('init', '.'));
  const ours = kgit('status');
  const pages: Contender = { argv: [surroundings.baseline('pages.sh'), kubeconfig, cwd], env };
  progress(`STATUS: ${ROUNDS} rounds of kgit status`);
  const times = race({ ours, pages, start: kgit('--version') }, ROUNDS, 1);
  const described = {
    what: `\`kgit status\`, ${CLUSTERS} clusters, against the raw pages and the start of kgit`,
    command: 'kgit status',
    baseline: 'bench/baselines/pages.sh KUBECONFIG FOLDER, and kgit --version',
    note: 'The server is the one of the tests, on this machine, with the samples beside.',
  };
  const peakMb = peakMemory(ours);
  const both = times.pages.map((time, i) => time + (times.start[i] ?? 0));
  const ratio = ratioRow({ ...described, target: TARGET, peakMb }, times.ours, both);
  if (peakMb === null) return [ratio];
  return [
    ratio,
    numberRow({ ...described, what: 'peak memory', baseline: '', target: MAX_MB }, 'MB', [peakMb]),
  ];
}
