import { counted } from '../../model/value/counted.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { Screen } from '../../terminal/output.js';

/** What the text of `kgit demo` shows. */
export interface ShownDemo {
  readonly state: string;
  readonly remote: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly clusters: number;
  readonly events: number;
  readonly hasKubectl: boolean;
}

/** Commands to type, and why, if kubectl can query the stand-in cluster. */
const LIVE = [
  ['kgit status', 'the clusters now, and the records'],
  ['kgit status team-payments/aws-prod-use1', 'why this cluster failed'],
] as const;
/** Commands that work without kubectl. */
const RECORDED = [
  ['kgit log --limit 10', 'what happened'],
  ['kgit get config', 'values of the deployment'],
  ['kgit history kof.version', 'who changed one, and when'],
  ['kgit set kof.version=1.7.0', 'change one yourself'],
] as const;
const OFFLINE = ['kgit status --offline', 'the clusters as they are recorded'] as const;

/** Formats what a demo created, and what to type into a second terminal. */
export function demoLines(demo: ShownDemo, { style }: Screen): string[] {
  const done = style('green', '✓');
  const commands = demo.hasKubectl ? [...LIVE, ...RECORDED] : [OFFLINE, ...RECORDED];
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    `${done} state repository ${style('bold', demo.state)} ${style('dim', `with ${counted(demo.events, 'event')}`)}`,
    `${done} its remote ${style('bold', demo.remote)}`,
    `${done} stand-in for k0rdent ${style('bold', demo.server)} ${style('dim', `with ${counted(demo.clusters, 'cluster')}`)}`,
    ...(demo.hasKubectl
      ? []
      : [
          '',
          style('yellow', 'kubectl is not on the PATH: install it, and kgit status can ask the stand-in.'),
          'Everything else works without it.',
        ]),
    '',
    'Now type in a second terminal:',
    '',
    `  cd ${shellWord(demo.state)}`,
    `  export KUBECONFIG=${shellWord(demo.kubeconfig)}`,
    ...commands.map(([command, why]) => `  ${command.padEnd(width)}  ${style('dim', `# ${why}`)}`),
    '',
    style('dim', 'Ctrl-C ends the stand-in. The folder stays until you remove it.'),
  ];
}
