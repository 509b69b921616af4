import type { HookSecret } from './hook-secret.js';

/** A request of a forge, before anything in it is believed. */
export interface HookRequest {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  /** The JSON document: the body, or its field `payload` where the forge sends a form. */
  readonly payload: string;
  readonly isForm: boolean;
}

/** How a forge tells of pushes. */
export interface ForgeHook {
  /** Whether the forge that knows the secret has sent it. */
  readonly isGenuine: (request: HookRequest, secret: HookSecret) => boolean;
  /** Headers that name the event. */
  readonly event: string;
  /** The event of a push. */
  readonly push: readonly string[];
  /** The event by which a new hook is tried; null if the forge tries it with a push. */
  readonly ping: string | null;
}

const signedIn =
  (name: string): ForgeHook['isGenuine'] =>
  ({ header, isForm, payload, body }, secret) =>
    secret.hasSigned(isForm ? payload : body, header(name) ?? '');

/** The forges by the last name of their path. */
export const FORGE_HOOKS: Readonly<Record<string, ForgeHook>> = {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  github: {
    isGenuine: ({ header, body }, secret) => {
      const [, signature = ''] = /^sha256=([0-9a-f]{64})$/i.exec(header('x-hub-signature-256') ?? '') ?? [];
      return secret.hasSigned(body, signature);
    },
    event: 'x-github-event',
    push: ['push'],
    ping: 'ping',
  },
  // https://docs.gitlab.com/user/project/integrations/webhooks/; a hook of the whole server has an event of its own.
  gitlab: {
    isGenuine: ({ header }, secret) => secret.matches(header('x-gitlab-token') ?? ''),
    event: 'x-gitlab-event',
    push: ['Push Hook', 'System Hook'],
    ping: null,
  },
  // https://docs.gitea.com/usage/repository/webhooks; of a form it signs the field, not the body.
  gitea: { isGenuine: signedIn('x-gitea-signature'), event: 'x-gitea-event', push: ['push'], ping: null },
  // https://forgejo.org/docs/latest/user/webhooks/
  forgejo: {
    isGenuine: signedIn('x-forgejo-signature'),
    event: 'x-forgejo-event',
    push: ['push'],
    ping: null,
  },
};
