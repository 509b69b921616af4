import { withSharingAdvice } from '../app/secret/sharing-advice.js';
import { changeDeployment, targetDeployment } from '../app/write/change-state.js';
import { editedChange } from '../app/write/edited-change.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { editState, stateText } from '../cli/input/edited-state.js';
import { editorOf } from '../cli/input/editor.js';
import { statePath } from '../model/subject/layout.js';
import type { Settings } from '../setup/settings.js';
import type { CommandResult } from '../terminal/output.js';

export default class Edit extends StateCommand<typeof Edit> {
  static override summary = "Change a deployment's state in your editor.";
  static override description = helpText(
    StateCommand,
    `Opens state.yaml in your editor (GIT_EDITOR, core.editor, VISUAL, EDITOR, as git does). When you save it, kgit sets or removes the paths that you changed, all or none, if nobody else has changed them since the editor opened. An invalid document is opened again. After any other failure your text is kept, and the error says where. Changes to comments and layout are discarded, because events record only values. Secrets of the team are not in the text, and stay as they are: kgit set --secret changes them.`,
  );
  static override examples = [
    '<%= config.bin %> edit',
    '<%= config.bin %> edit --deployment k0rdent-abc123 --propose --reason "new region"',
    'EDITOR="code --wait" <%= config.bin %> edit',
  ];

  /** The editor may stay open for long, so the time for the network starts when it closes. */
  protected override deadline(settings: Settings): number {
    return this.now() + settings.timeout;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.open();
    const id = await targetDeployment(context, this.target);
    const path = statePath(id);
    const before = stateText(path, (await context.reading.view.read(path)) ?? '');
    const options = {
      name: `${id}.state.yaml`,
      editor: editorOf(this.environment, context.opened.identity.editor),
      environment: this.environment,
      note: (message: string) => this.note(message),
    };
    return editState(before, options, (after) => {
      const change = editedChange(before.data, after, this.eventFields);
      return this.change(context, (writing) =>
        withSharingAdvice(writing, change.edits, () => changeDeployment(writing, id, change)),
      );
    });
  }
}
