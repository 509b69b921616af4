import { errorFromJson, KgitError, RefusedError } from '../../errors.js';
import type { Operation } from '../../model/operation/operation.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { findForge } from './open-proposals.js';
import { proposeOperation } from './propose-operation.js';

/** A command's options for a proposal. */
export interface ProposeWrite {
  readonly title: string | undefined;
  readonly branch: string | undefined;
  /** Whether to fail if the request to merge could not be opened. */
  readonly mustOpen: boolean;
  /** ms since the epoch */
  readonly deadline: number;
}

/** Proposes a command's operation at the forge of the remote. Throws the same errors as `proposeOperation`. */
export async function proposeWrite(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  operation: Operation,
  options: ProposeWrite,
): Promise<WriteOutcome> {
  const found = await findForge(opened, settings, environment, options.deadline);
  return proposeOperation(opened, operation, { ...options, found });
}

/** Whether a branch refused the push of a write, so that it can be proposed. */
export function isProtected(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.isProposable;
}

/**
 * The note that a refused write is proposed instead, with the remote's message but without its remark that the write is
 * not published.
 */
export function protectedNote(branch: string, { message }: RefusedError): string {
  return `${branch} is protected, so this is proposed: ${message.replace(/ \(not published[^()]*\)$/, '')}`;
}

/** Adds to the error of a failed proposal that the write, which a protected branch refused, is still kept. */
export function stillKept(cause: unknown, { keptOperation: operation }: RefusedError): unknown {
  if (!(cause instanceof KgitError) || operation === null) return cause;
  const retry = `The write is kept: 'kgit outbox retry ${operation} --propose' proposes it`;
  return errorFromJson({
    ...cause.toJSON(),
    suggestions: [...cause.suggestions, retry],
    data: { ...cause.data, operation, kept: true },
  });
}

/**
 * The refusal of a protected branch, with advice to propose the write.
 * @param command the command as a user would type it
 */
export function withProposal(error: RefusedError, command: string): KgitError {
  const operation = error.keptOperation;
  const suggestions = [
    `Propose it instead: ${command} --propose`,
    ...(operation === null
      ? []
      : [
          `Then take this one out of the outbox: kgit outbox drop ${operation}`,
          `Or propose the one that is kept: kgit outbox retry ${operation} --propose`,
        ]),
    ...error.suggestions,
  ];
  return new RefusedError(error.message, { suggestions, data: error.data, cause: error.cause });
}
