import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { demoLines } from '../cli/render/demo-lines.js';
import type { Demo as RunningDemo } from '../demo/demo.js';
import { EXIT_CODES } from '../errors.js';
import { EndSignals } from '../process/end-signals.js';
import { openGit } from '../setup/git-driver.js';
import type { CommandResult } from '../terminal/output.js';
import { onReaderGone } from '../terminal/standard-streams.js';

const DEFAULT_FOLDER = 'kgit-demo';

export default class Demo extends KgitCommand<typeof Demo> {
  static override summary = 'Try kgit with sample data, without a server or a cluster.';
  static override description = helpText(
    KgitCommand,
    `Creates DIR with the state repository and sample history of a small team, and starts a stand-in for k0rdent, which 'kgit status' queries. The stand-in accepts connections from this machine only. Its kubeconfig is in DIR; yours is not changed. It runs until you press Ctrl-C; the folder stays.`,
    'ENVIRONMENT',
    'INTERRUPTED',
  );
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo ~/kgit-demo'];
  static override args = {
    dir: Args.string({ description: `The new folder (default: ${DEFAULT_FOLDER}).` }),
  };

  #running: RunningDemo | null = null;
  #ended: Promise<void> | null = null;

  override async run(): Promise<void> {
    try {
      await super.run();
      await this.#ended;
      process.exitCode = EXIT_CODES.INTERRUPTED;
    } finally {
      await this.#running?.server.stop();
    }
  }

  protected async execute(): Promise<CommandResult> {
    const folder = resolve(this.args.dir ?? DEFAULT_FOLDER);
    const { startDemo } = await import('../demo/demo.js');
    this.notes.progress('laying out the sample history');
    this.#running = await startDemo(folder, {
      root: this.config.root,
      openGit: (path) => openGit(path, this.environment),
      settings: await this.settingsOnly(),
      environment: this.environment,
      now: () => this.now(),
    });
    // Listens before anything is printed: whoever reads it may end the demo at once.
    this.#ended = endOfDemo();
    const { place, server, events, hasKubectl } = this.#running;
    const shown = {
      state: place.state,
      remote: place.remote,
      kubeconfig: place.kubeconfig,
      server: server.url,
      clusters: server.cluster.clusters.length,
      events,
      hasKubectl,
    };
    return {
      json: { path: folder, ...shown },
      names: [place.state],
      lines: (screen) => demoLines(shown, screen),
    };
  }
}

/** Resolves when a signal asks for the end, or when the reader of the output has gone. */
function endOfDemo(): Promise<void> {
  return new Promise((end) => {
    new EndSignals().to(() => end());
    onReaderGone(end);
  });
}
