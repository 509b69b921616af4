import { Args } from '@oclif/core';
import { listTargets } from '../app/notify/list-targets.js';
import { notifySettings } from '../app/notify/notify-settings.js';
import { testTarget } from '../app/notify/test-target.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { targetsResult, targetTestResult } from '../cli/render/notify-result.js';
import { UsageError } from '../errors.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Notify extends KgitCommand<typeof Notify> {
  static override summary = 'List the targets of notifications, or test one.';
  static override description = helpText(
    KgitCommand,
    `Shows whom 'kgit serve' notifies, and how that went: what was sent, what is being retried, and what was given up. The targets are in notify: of your own configuration file. test TARGET sends one message that is marked as a test, and tells what the receiver answered; nothing else is sent. docs/notifications.md explains targets and rules.`,
    'FINDINGS',
    'NO_REPO',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> notify',
    '<%= config.bin %> notify list -o wide',
    '<%= config.bin %> notify test oncall',
    `<%= config.bin %> notify --json | jq '.targets[] | select(.dead > 0)'`,
  ];
  static override args = {
    verb: Args.string({ options: ['list', 'test'], default: 'list', description: 'list or test.' }),
    target: Args.string({ description: 'The target to test.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const { verb, target } = this.args;
    if (verb === 'test' && target === undefined)
      throw new UsageError('which target? TARGET is missing', { suggestions: ["'kgit notify' lists them"] });
    if (verb === 'list' && target !== undefined)
      throw new UsageError('list takes no TARGET', {
        suggestions: [`To test it: kgit notify test ${target.slice(0, 80)}`],
      });
    const config = await notifySettings(await this.settingSources());
    if (target === undefined) {
      const context = await this.openUnread();
      const listed = await listTargets(config, context.opened.localFolder);
      await this.refreshRepository(context);
      return targetsResult(config, listed, this.now());
    }
    const { environment } = this;
    return targetTestResult(
      await testTarget(config, target, {
        ...{ environment, cwd: process.cwd(), now: () => systemClock.now() },
        user: environment['USER'] ?? environment['LOGNAME'] ?? 'somebody',
        host: thisHost.hostname,
      }),
    );
  }
}
