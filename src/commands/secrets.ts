import { Args, Flags } from '@oclif/core';
import { changeRecipients, listRecipients } from '../app/secret/change-recipients.js';
import { kubernetesSecret } from '../app/secret/kubernetes-secret.js';
import { rotateSecrets } from '../app/secret/rotate-secrets.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { kubernetesSecretResult } from '../cli/render/secret/kubernetes-secret-result.js';
import { recipientsChanged, recipientsResult } from '../cli/render/secret/recipients-result.js';
import { rotationResult } from '../cli/render/secret/rotation-result.js';
import { UsageError } from '../errors.js';
import { ageRecipient } from '../model/team-secret/recipients.js';
import type { CommandResult } from '../terminal/output.js';

const ACTIONS = ['recipients', 'rotate', 'export'];

export default class Secrets extends WriteCommand<typeof Secrets> {
  static override summary = 'Share secrets of deployments with the team, encrypted by sops.';
  static override description = helpText(
    WriteCommand,
    `recipients, or recipients list, shows who can decrypt the secrets of the team: the recipients in .sops.yaml. recipients add AGE… adds some; the first one turns the sharing of secrets on. recipients remove AGE… removes some: what is written from then on is not encrypted for them, but what they could read before, they can read for ever, in the history and in what they have copied.

rotate encrypts the secrets of all deployments and clusters again that are not encrypted for exactly the recipients of today, or those of --deployment; with PATH, the secrets of one deployment at these paths, in any case. It needs your key. It lists the values to change at their source, because somebody could read them who is no recipient any more. Files that are broken or were changed without a key are left as they are, and named.

export --kubernetes NAME -n NAMESPACE prints the secrets of a deployment, or those at and below PATH, as one Secret that is encrypted for the team. Flux decrypts it. The key of a secret is its path; characters that Kubernetes does not allow there become '-'. Values other than texts are JSON.

A secret is written by kgit set --secret PATH=-, and read by kgit get PATH --reveal.`,
    'FINDINGS',
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> secrets recipients add age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    '<%= config.bin %> secrets recipients',
    '<%= config.bin %> secrets rotate --reason "Ben has left"',
    '<%= config.bin %> secrets export --kubernetes azure-credentials -n kcm-system azure > secret.yaml',
  ];
  static override args = {
    action: Args.string({
      options: ACTIONS,
      default: 'recipients',
      description: 'recipients, rotate or export.',
    }),
  };
  static override flags = {
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment whose secrets are rotated or exported (KGIT_DEPLOYMENT for export).',
    }),
    kubernetes: Flags.string({
      dependsOn: ['namespace'],
      helpValue: 'NAME',
      summary: 'Export as a Secret of this name.',
    }),
    namespace: Flags.string({
      char: 'n',
      dependsOn: ['kubernetes'],
      helpValue: 'NS',
      summary: 'The namespace of the Secret.',
    }),
  };
  static override strict = false;
  static override usage = 'secrets recipients [list|add|remove]|rotate|export [AGE…|PATH…] [FLAGS]';

  protected async execute(): Promise<CommandResult> {
    const [, ...words] = this.words;
    const { action } = this.args;
    const { kubernetes, deployment } = this.flags;
    if (action !== 'export' && kubernetes !== undefined)
      throw new UsageError(`${action} takes no --kubernetes`, { suggestions: ['Use kgit secrets export'] });
    if (action === 'export') return this.#export(words);
    if (action === 'rotate') return this.#rotate(words);
    if (deployment !== undefined)
      throw new UsageError('recipients are those of the whole repository: they take no --deployment');
    return this.#recipients(words);
  }

  async #recipients([verb = 'list', ...named]: readonly string[]): Promise<CommandResult> {
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

  async #rotate(paths: readonly string[]): Promise<CommandResult> {
    const { deployment } = this.flags;
    const intent = { deployment, paths, fields: this.eventFields };
    return rotationResult(
      await this.write(await this.open('try'), (writing) => rotateSecrets(writing, intent)),
    );
  }

  async #export(paths: readonly string[]): Promise<CommandResult> {
    const { kubernetes: name, namespace } = this.flags;
    if (name === undefined || namespace === undefined)
      throw new UsageError('as what? --kubernetes NAME is missing', {
        suggestions: ['Export them as a Secret: kgit secrets export --kubernetes NAME -n NAMESPACE'],
      });
    const intent = { name, namespace, paths };
    return kubernetesSecretResult(
      await kubernetesSecret(await this.open('default'), intent, this.environment),
    );
  }
}
