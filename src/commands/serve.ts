import { join } from 'node:path';
import type { MonitorHealth, RunningMonitor } from '../app/monitor/monitor.js';
import { startMonitor } from '../app/monitor/start-monitor.js';
import { notifySettings } from '../app/notify/notify-settings.js';
import type { Context } from '../app/open/configured.js';
import { ClusterCommand } from '../cli/base/cluster-command.js';
import { helpText } from '../cli/base/help-text.js';
import { refreshOf, SERVE_FLAGS } from '../cli/flags/serve-flags.js';
import { HealthNotes } from '../cli/notes/health-notes.js';
import { serveResult } from '../cli/render/live/serve-result.js';
import { watchEnded } from '../cli/render/watch-result.js';
import type { NotifyConfig } from '../notify/config/notify-config.js';
import { type Notifier, startNotifier } from '../notify/notifier.js';
import { EndSignals } from '../process/end-signals.js';
import { checkedProxyHeader } from '../serve/access/access.js';
import { checkedHostName } from '../serve/access/known-hosts.js';
import { parseListenAddress } from '../serve/access/listen-address.js';
import { HOOK_PATHS } from '../serve/hooks/hook-routes.js';
import { openServeFiles } from '../serve/serve-files.js';
import { type RunningServer, refuseOpenAddress, serveRepository } from '../serve/server.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import type { CommandResult, Format } from '../terminal/output.js';

/** How long the server and its parts may take to end, in ms. */
const END_MS = 4_500;

export default class Serve extends ClusterCommand<typeof Serve> {
  static override summary = 'Serve a page, an API and metrics of the repository and its clusters.';
  static override description = helpText(
    ClusterCommand,
    `Follows the repository and the clusters, and serves what it knows over HTTP until a signal ends it: a page for people (/), an API with the JSON of the commands and a stream of news (/api/v1), metrics for Prometheus (/metrics), and /healthz and /readyz. It fetches at --refresh, and at once after a webhook of the forge (/hooks/github, gitlab, gitea, forgejo), which needs --hook-secret-file. If the repository or a cluster cannot be reached, it serves what it knows, says how old that is, and tries again. Nobody can change anything through it.

It listens on this machine alone, unless --listen says otherwise; then --token-file or --trusted-proxy-header must say who is let in. Programs send the token as 'Authorization: Bearer TOKEN', people sign in with it. A proxy that asks for a sign-in itself has to remove the trusted header from what clients send, and its names are given with --allowed-host. Files of secrets and certificates are read again when they change.`,
    'ENVIRONMENT',
    'INTERRUPTED',
  );
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --context eu-hub --context us-hub --refresh 1m',
    'openssl rand -hex 32 > token && <%= config.bin %> serve --listen 0.0.0.0:7467 --token-file token',
    '<%= config.bin %> serve --listen 0.0.0.0:443 --token-file token --tls-cert tls.crt --tls-key tls.key',
    '<%= config.bin %> serve --trusted-proxy-header X-Auth-Request-User --allowed-host kgit.example.com',
  ];
  static override flags = SERVE_FLAGS;

  #isOver = false;

  /** One line, so that a program can read it while the server runs. */
  protected override get format(): Format {
    return super.format === 'json' ? 'jsonl' : super.format;
  }

  protected async execute(): Promise<CommandResult> {
    const { flags } = this;
    const listen = parseListenAddress(flags.listen);
    const refreshMs = refreshOf(flags);
    const header = flags['trusted-proxy-header'];
    const access = {
      proxyHeader: header === undefined ? null : checkedProxyHeader(header),
      allowedHosts: (flags['allowed-host'] ?? []).map(checkedHostName),
    };
    const { 'tls-cert': cert, 'tls-key': key } = flags;
    const paths = {
      token: flags['token-file'] ?? null,
      hookSecret: flags['hook-secret-file'] ?? null,
      tls: cert === undefined || key === undefined ? null : { cert, key },
    };
    refuseOpenAddress(listen, paths, access);
    const notify = await notifySettings(await this.settingSources());
    const files = await openServeFiles(paths, { note: (message) => this.note(message) });
    const ended = new Promise<void>((end) => new EndSignals().to(() => end()));
    const context = await Promise.race([this.openFetched('try'), ended]);
    if (context === undefined) {
      // The first clone may take minutes, and nothing of it is needed any more.
      this.#isOver = true;
      return watchEnded();
    }
    const monitor = await startMonitor({
      context,
      local: await this.localSettings(),
      observer: (one) => this.observer(one),
      refreshMs,
      clock: systemClock,
      host: thisHost,
    });
    const notifier = this.#notify(notify, monitor, context);
    let server: RunningServer | null = null;
    try {
      server = await serveRepository({
        ...{ monitor, listen, access, files, targets: () => notifier.status() },
        version: this.config.version,
        now: () => this.now(),
        observer: (one, contexts) => this.observer(one, { aside: contexts }),
        environment: this.environment,
        pageFolder: join(this.config.root, 'dist/page'),
        note: (message) => this.note(message),
        onFault: (error) => this.#tellFault(error),
      });
      await this.#print(context, server.url);
      this.#tellHealth(monitor);
      await Promise.race([ended, monitor.ended]);
    } finally {
      this.#isOver = true;
      await within(END_MS, Promise.all([server?.stop(), notifier.stop(), monitor.stop()]));
    }
    return watchEnded();
  }

  /** Begins to send notifications. Each target goes on where it was, so it begins before anything is served. */
  #notify(config: NotifyConfig, { news }: RunningMonitor, { opened }: Context): Notifier {
    return startNotifier({
      ...{ config, log: news, folder: opened.localFolder, clock: systemClock },
      environment: this.environment,
      cwd: process.cwd(),
      onFault: (error) =>
        this.note(`a notification failed: ${error instanceof Error ? error.message : String(error)}`),
    });
  }

  #print({ opened }: Context, url: string): Promise<void> {
    const { flags } = this;
    const [token, proxy] = [flags['token-file'], flags['trusted-proxy-header']].map(
      (flag) => flag !== undefined,
    );
    return this.print(
      serveResult({
        url,
        path: opened.where,
        contexts: flags.context ?? [],
        access: token && proxy ? 'token or proxy' : token ? 'token' : proxy ? 'proxy' : 'open',
        hooks: flags['hook-secret-file'] === undefined ? [] : HOOK_PATHS,
      }),
    );
  }

  /** Notes what goes away and comes back from now on. */
  #tellHealth(monitor: RunningMonitor): void {
    const notes = new HealthNotes((message) => this.note(message));
    const look = (health: MonitorHealth) => notes.look(health);
    look(monitor.health);
    monitor.onChange((what) => {
      if (what === 'health') look(monitor.health);
    });
  }

  #tellFault(error: Error): void {
    this.note(`a request failed: ${error.message}`);
    if (this.flags.verbose && error.stack !== undefined) this.note(error.stack);
  }

  /** Exits at once after a signal: a request that has no answer yet would hold the process. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#isOver) process.exit();
  }
}

/** Waits for some work, but no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
