import { Args } from '@oclif/core';
import { changeRecipients, listRecipients } from '../app/secret/change-recipients.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { recipientsChanged, recipientsResult } from '../cli/render/secret/recipients-result.js';
import { UsageError } from '../errors.js';
import { ageRecipient } from '../model/team-secret/recipients.js';
import type { CommandResult } from '../terminal/output.js';

const ACTIONS = ['recipients'];

export default class Secrets extends WriteCommand<typeof Secrets> {
  static override summary = 'Share secrets of deployments with the team, encrypted by sops.';
  static override description = helpText(
    WriteCommand,
    `recipients, or recipients list, shows who can decrypt the secrets of the team: the recipients in .sops.yaml. recipients add AGE… adds some; the first one turns the sharing of secrets on. recipients remove AGE… removes some: what is written from then on is not encrypted for them, but what they could read before, they can read for ever, in the history and in what they have copied.

A secret is written by kgit set --secret PATH=-, and read by kgit get PATH --reveal.`,
  );
  static override examples = [
    '<%= config.bin %> secrets recipients add age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    '<%= config.bin %> secrets recipients',
  ];
  static override args = {
    action: Args.string({ options: ACTIONS, description: 'What to do.' }),
  };
  static override strict = false;
  static override usage = 'secrets recipients [list|add|remove] [AGE…] [FLAGS]';

  protected async execute(): Promise<CommandResult> {
    const [, verb = 'list', ...named] = this.words;
    if (verb === 'list') {
      if (named.length > 0) throw new UsageError('recipients list takes no more words');
      return recipientsResult(await listRecipients((await this.open('default')).reading));
    }
    if (verb !== 'add' && verb !== 'remove')
      throw new UsageError(`recipients knows no ${JSON.stringify(verb.slice(0, 60))}`, {
        suggestions: ['Use list, add or remove'],
      });
    if (named.length === 0)
      throw new UsageError('no recipient is named', {
        suggestions: ['Give one or more: age1…, as age-keygen prints it'],
      });
    const recipients = named.map(ageRecipient);
    const change = verb === 'add' ? { add: recipients, remove: [] } : { add: [], remove: recipients };
    return recipientsChanged(
      await this.write(await this.open('try'), (writing) => changeRecipients(writing, change)),
    );
  }
}
