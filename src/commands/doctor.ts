import { examine } from '../app/doctor/examine.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { outputFlag } from '../cli/flags/output-flag.js';
import { checkLines } from '../cli/render/check-lines.js';
import { doctorMetrics } from '../cli/render/doctor-metrics.js';
import { EXIT_CODES } from '../errors.js';
import { openKubectl } from '../k0rdent/kubectl/kubectl.js';
import { type Check, findingOf, passed } from '../model/value/check.js';
import { parseDuration } from '../model/value/time.js';
import { endOfProcess } from '../process/end-signals.js';
import { type Layer, mergeLayers } from '../setup/config.js';
import { DEFAULT_SETTINGS, type Settings } from '../setup/settings.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

/** The settings that doctor works with, and the check of their sources. */
interface CheckedSettings {
  readonly settings: Settings;
  /** Null if a source is invalid. */
  readonly layers: readonly Layer[] | null;
  readonly check: Check;
}

export default class Doctor extends KgitCommand<typeof Doctor> {
  static override summary = 'Check git, kubectl, the repository, its remote and the outbox.';
  static override description = helpText(
    KgitCommand,
    `Checks everything that kgit needs, and says how to fix what is wrong. It works everywhere: outside a repository, offline, with a broken kgit.yaml. It changes nothing, asks no questions, and spends at most --timeout on the remote and the cluster. Checks that another finding makes impossible are left out. -o wide shows the details of checks that passed.`,
    'FINDINGS',
  );
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor -o wide --timeout 10s',
    '<%= config.bin %> doctor -o prometheus > kgit-doctor.prom',
    `<%= config.bin %> doctor --json | jq '.checks[] | select(.ok | not)'`,
  ];

  static override flags = { output: outputFlag('prometheus') };

  protected async execute(): Promise<CommandResult> {
    const { environment } = this;
    const { settings, layers, check } = await this.#settings();
    const { timeout } = settings;
    const signal = AbortSignal.any([AbortSignal.timeout(timeout), endOfProcess()]);
    const kubectl = openKubectl({ environment, timeoutMs: timeout, requestTimeoutMs: timeout, signal });
    const found = await examine({
      settings,
      layers,
      cwd: process.cwd(),
      environment,
      clock: systemClock,
      kubectl,
      asError: asKgitError,
    });
    const { health } = found;
    if (health) this.setRepository(health.revision, health.fetchedAt, health.waiting.length);
    const checks = [check, ...found.checks];
    const findings = checks.filter(({ ok }) => !ok);
    return {
      json: { checks },
      names: findings.map(({ name }) => name),
      rows: checks,
      others: { prometheus: () => doctorMetrics(checks, health) },
      lines: (screen, wide) => checkLines(checks, screen, wide),
      ...(findings.length > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
    };
  }

  /** Reads the settings; if a file or a variable is invalid, the presets with the named repository. */
  async #settings(): Promise<CheckedSettings> {
    try {
      const layers = (await this.settingSources()).map(({ layer }) => layer);
      return { settings: mergeLayers(layers), layers, check: passed('settings', 'all are valid') };
    } catch (thrown) {
      const error = asKgitError(thrown);
      // A wrong flag is a mistake on this command line, not a finding.
      if (error.code !== 'USAGE' || String(error.data['where']).startsWith('--')) throw error;
      const repo = this.flags.repo ?? this.environment['KGIT_REPO'];
      const user = this.environment['KGIT_USER'];
      const timeout = this.flags.timeout ? parseDuration(this.flags.timeout) : DEFAULT_SETTINGS.timeout;
      const settings = { ...DEFAULT_SETTINGS, repo, user, timeout };
      return { settings, layers: null, check: findingOf('settings', error) };
    }
  }
}
