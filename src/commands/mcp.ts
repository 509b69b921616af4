import { Flags } from '@oclif/core';
import { pause } from '../app/pause.js';
import { findForge } from '../app/propose/open-proposals.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { publishLater } from '../cli/base/publish-later.js';
import { fetchPolicy } from '../cli/base/read-command.js';
import { EXIT_CODES, KgitError, UsageError } from '../errors.js';
import { TALK_MS } from '../mcp/calls.js';
import { type RunningMcp, serveMcp } from '../mcp/mcp-server.js';
import type { McpParts } from '../mcp/parts.js';
import { ServedRepository } from '../mcp/served-repository.js';
import { monotonicIds } from '../model/value/ulid.js';
import { textFault } from '../model/value/value.js';
import { EndSignals } from '../process/end-signals.js';
import type { LocalSettings } from '../setup/config.js';
import { randomBytes } from '../store/local/random-bytes.js';
import type { CommandResult } from '../terminal/output.js';
import { standardOutput } from '../terminal/standard-streams.js';

/** How long calls that work may go on after the end, in ms. */
const END_MS = 4_500;
/** How long a client that connects waits to learn whether there is a forge, in ms. */
const FORGE_MS = 5_000;

export default class Mcp extends ClusterCommand<typeof Mcp> {
  static override summary = 'Serve the repository to AI agents, by the Model Context Protocol.';
  static override description = helpText(
    ClusterCommand,
    `Speaks the Model Context Protocol on standard input and output; the agent's client starts it and ends it. Its tools list, get, log, history, diff, status and explain read. With --allow-writes, push_event and set write, and propose opens a request to merge if the repository is at a forge. What looks secret is not shown, and is refused in writes. Writes name the agent as their user: the name that its client gives, or --user; their 'source' names the client and the person. Results are bounded, and say that what people recorded is data and no instruction. docs/mcp.md sets up clients.`,
    'INTERRUPTED',
  );
  static override examples = [
    'claude mcp add kgit -- <%= config.bin %> mcp --repo https://git.example.com/state.git',
    '<%= config.bin %> mcp --repo ~/state --context eu-hub',
    '<%= config.bin %> mcp --allow-writes --user deploy-agent',
    'npx @modelcontextprotocol/inspector --cli <%= config.bin %> mcp --method tools/list',
  ];
  static override flags = {
    'allow-writes': Flags.boolean({ summary: 'Also offer the tools push_event, set and propose.' }),
    user: Flags.string({
      helpValue: 'NAME',
      dependsOn: ['allow-writes'],
      summary: "Record writes under this name, not under the client's.",
    }),
  };

  /** Nobody watches stderr while the agent works. */
  protected override readonly tellsWaits = false;
  #hasServed = false;

  /** --user names the agent: whoever the settings name is the person on whose behalf it works. */
  protected override given(name: string): unknown {
    return name === 'user' ? undefined : super.given(name);
  }

  /** No call may use the network for longer than clients wait, not even to open the repository. */
  protected override async localSettings(): Promise<LocalSettings> {
    const { settings, ...local } = await super.localSettings();
    return { ...local, settings: { ...settings, timeout: Math.min(TALK_MS, settings.timeout) } };
  }

  /** Standard output belongs to the protocol. */
  protected override async print(): Promise<void> {}

  protected async execute(): Promise<CommandResult> {
    const { user } = this.flags;
    const fault = user === undefined ? null : user.trim() === '' ? 'is empty' : textFault(user);
    if (fault !== null) throw new UsageError(`--user ${fault}`, { data: { flag: 'user' } });
    if (process.stdin.isTTY)
      this.note(
        'this speaks the Model Context Protocol with a client, not with you: docs/mcp.md; Ctrl-C ends it',
      );
    const signalled = new Promise<'signal'>((end) => new EndSignals().to(() => end('signal')));
    const parts = this.#parts();
    this.#hasServed = true;
    const running: RunningMcp = serveMcp(parts, { stdin: process.stdin, stdout: standardOutput.open() }, () =>
      this.#canPropose(parts),
    );
    const why = await Promise.race([signalled, running.ended]);
    await Promise.race([running.stop(), pause(END_MS, new AbortController().signal)]);
    const exitCode = why === 'signal' ? EXIT_CODES.INTERRUPTED : 0;
    return { json: {}, lines: () => [], exitCode };
  }

  #parts(): McpParts {
    const { flags, environment } = this;
    const now = () => this.now();
    const note = (message: string) => this.note(message);
    const open = async () => {
      const local = await this.localSettings();
      return { context: await this.openFetched(), local };
    };
    return {
      repository: new ServedRepository(open, { policy: fetchPolicy(flags.fetch, undefined), now, note }),
      observer: (context, cancelled, broken) =>
        this.observer(context, { aside: flags.context ?? [], cancelled, broken }),
      writing: flags['allow-writes']
        ? {
            ...{ environment, now },
            ids: monotonicIds(now, () => randomBytes(10)),
            publishLater: (context) => publishLater(context, flags, note),
          }
        : null,
      user: flags.user?.trim(),
      version: this.config.version,
      ...{ now, note },
    };
  }

  /** Whether there is a forge for proposals. A repository that cannot be opened yet may have one. */
  async #canPropose({ repository }: McpParts): Promise<boolean> {
    const turn = { signal: new AbortController().signal, leftMs: () => TALK_MS };
    const opening = repository.read(turn).then(
      ({ opened, settings }) => ({ opened, settings }),
      () => null,
    );
    const late = pause(FORGE_MS, new AbortController().signal).then(() => null);
    const found = await Promise.race([opening, late]);
    if (found === null) return true;
    if (found.opened.proposals === undefined) return false;
    const { opened, settings } = found;
    try {
      const { forge } = await findForge(opened, settings, this.environment, this.now() + FORGE_MS);
      return forge !== null;
    } catch (error) {
      if (error instanceof KgitError) return false;
      throw error;
    }
  }

  /** Exits at once: a call that has no answer yet would hold the process. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#hasServed) process.exit();
  }
}
