import { Command } from '@oclif/core';

/** Does nothing. */
export default class Noop extends Command {
  async run() {
    await this.parse(Noop);
  }
}
