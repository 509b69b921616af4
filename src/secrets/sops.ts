/** Runs the sops program: the only part of kgit that encrypts or decrypts anything. */
import { EnvironmentError, InvalidStateError, SecretError } from '../errors.js';
import { clipped } from '../model/operation/change-title.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import { isRemoteKind, type RecipientKind } from '../model/team-secret/recipient-kinds.js';
import { formatRecipient, type Recipient } from '../model/team-secret/recipients.js';
import {
  clearDocument,
  clearValue,
  ENCRYPTED_REGEX,
  MAX_SECRET_BYTES,
  parseSealedSecret,
} from '../model/team-secret/secret-document.js';
import { isMap, type Value } from '../model/value/value.js';
import { escapedJson } from '../model/yaml/escaped-text.js';
import { parseYaml } from '../model/yaml/yaml.js';
import { startChild } from '../process/child.js';
import { type ChildOutput, outputOf } from '../process/child-output.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface SopsOptions {
  /** The user's environment; sops gets of it what it needs. */
  readonly environment: Environment;
  /** Kinds of recipients that the user allows: services of other kinds are never asked. */
  readonly kinds: readonly RecipientKind[];
  /** Limit of one run, in ms. */
  readonly timeoutMs: number;
  /** How many may run at a time. */
  readonly parallel: number;
  readonly signal?: AbortSignal | undefined;
}

/** The oldest version that encrypts and decrypts its standard input, without a file. */
export const OLDEST_SOPS = '3.10.0';

/** The flag that names the recipients of a kind. */
const FLAGS: Readonly<Record<RecipientKind, string>> = {
  age: '--age',
  age_plugin: '--age',
  pgp: '--pgp',
  kms: '--kms',
  gcp_kms: '--gcp-kms',
  azure_kv: '--azure-kv',
  hc_vault: '--hc-vault-transit',
};

/** Variables that every run may see: where programs and keys are. One that names more recipients is none of them. */
const VARIABLES =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_\w+|XDG_CONFIG_HOME|XDG_RUNTIME_DIR|SOPS_AGE_(?!RECIPIENTS)\w+|SystemRoot|USERPROFILE|APPDATA)$/;
/** Variables that recipients of a kind need beside. */
const KIND_VARIABLES: Readonly<Record<RecipientKind, RegExp | null>> = {
  age: null,
  age_plugin: null,
  pgp: /^(?:GNUPGHOME|GPG_TTY|SOPS_GPG_EXEC)$/,
  kms: /^AWS_\w+$/,
  gcp_kms: /^(?:GOOGLE_\w+|CLOUDSDK_\w+)$/,
  azure_kv: /^AZURE_\w+$/,
  hc_vault: /^VAULT_\w+$/,
};
const PROXIES = /^(?:https?|no)_proxy$/i;
/** What Flux decrypts of a manifest. */
const MANIFEST_REGEX = '^(data|stringData)$';
const MAX_OUTPUT = 4 * MAX_SECRET_BYTES;
const MAX_ERROR = 16 * 1024;
/** Longest reason of sops that is shown, in characters. */
const MAX_REASON = 300;
/** How sops tells a key of the user's own that it cannot read (age/keysource.go). */
const BROKEN_KEY = /failed to (?:parse '[^']*' age identities|execute command)/;
/** Exit codes of sops (cmd/sops/codes). */
/** The key is there, and the content was not encrypted with it as it is: value, MAC, mismatch and absence of the MAC. */
const ALTERED: readonly number[] = [24, 25, 51, 52];
const NO_KEY = 128;

/** Encrypts and decrypts the secrets of a team with the user's own sops. */
export class Sops {
  readonly #options: SopsOptions;
  readonly #environment: Environment;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: SopsOptions) {
    this.#options = options;
    this.#environment = boundedEnvironment(options);
  }

  /**
   * Encrypts a value for recipients; needs no key. Throws EnvironmentError if sops cannot be run, SecretError if the user does not
   * allow a kind of recipient.
   * @param file the path that the file will have, for messages
   */
  async encrypt(path: string, value: Value, recipients: readonly Recipient[], file: string): Promise<string> {
    const text = await this.#encrypted(clearDocument(path, value), ENCRYPTED_REGEX, recipients, file);
    const sealed = parseSealedSecret(text, file);
    if (sealed.path !== path)
      throw new InvalidStateError(`${file}: sops wrote another path`, { data: { path: file } });
    return text;
  }

  /**
   * Encrypts the data of a manifest of Kubernetes, in the form that Flux decrypts; needs no key. Throws as `encrypt`.
   * @param name for messages
   */
  async encryptManifest(
    manifest: Readonly<Record<string, unknown>>,
    recipients: readonly Recipient[],
    name: string,
  ): Promise<string> {
    const text = await this.#encrypted(escapedJson(manifest), MANIFEST_REGEX, recipients, name);
    const written = parseYaml(text, name);
    const data = isMap(written) ? written['stringData'] : undefined;
    // sops leaves an empty text as it is.
    const isSealed = (value: unknown) =>
      value === '' || (typeof value === 'string' && value.startsWith('ENC['));
    if (isMap(data) && Object.values(data).every(isSealed)) return text;
    throw new EnvironmentError(`sops left something of ${name} readable`, { data: { path: name } });
  }

  async #encrypted(
    clear: string,
    regex: string,
    recipients: readonly Recipient[],
    file: string,
  ): Promise<string> {
    this.refuseKinds(recipients, file);
    const flags = [...new Set(Object.values(FLAGS))].flatMap((flag) => {
      const ids = recipients.filter(({ kind }) => FLAGS[kind] === flag).map(({ id }) => id);
      return ids.length === 0 ? [] : [flag, ids.join(',')];
    });
    const args = ['encrypt', ...flags, '--encrypted-regex', regex, ...formats('yaml')];
    const { code, stdout } = await this.#run(args, clear, file);
    if (code === 0) return stdout.toString('utf8');
    throw new EnvironmentError(`sops cannot encrypt ${file}: exit code ${code}`, {
      suggestions: ['Check the recipients: kgit secrets recipients list', 'Try sops by hand'],
      data: { path: file, exitCode: code },
    });
  }

  /**
   * Decrypts the file of a secret with the user's key. Throws SecretError if the user has no key, or does not allow a kind of
   * recipient; InvalidStateError if the file was changed by hand; EnvironmentError if sops cannot be run, the user's key cannot be read,
   * or a service does not give its key.
   */
  async decrypt(text: string, path: string, file: string): Promise<Value> {
    const sealed = parseSealedSecret(text, file);
    this.refuseKinds(sealed.recipients, file);
    const { code, stdout, stderr } = await this.#run(['decrypt', ...formats('json')], sealed.document, file);
    if (code !== null && ALTERED.includes(code))
      throw new InvalidStateError(`${file}: its MAC does not fit: it was changed without its key`, {
        suggestions: [
          `See who changed it: git log -p -- ${file}`,
          'Write the secret anew: kgit set --secret PATH=-',
        ],
        data: { path: file },
      });
    if (code === NO_KEY) throw keyError(stderr, { path, file, recipients: sealed.recipients });
    if (code !== 0)
      throw new EnvironmentError(`sops cannot decrypt ${file}: exit code ${code}`, {
        suggestions: [`Try it by hand: sops decrypt ${file}`],
        data: { path: file, exitCode: code },
      });
    return clearValue(parsed(stdout), path, file);
  }

  /** The version of sops. Throws EnvironmentError if it cannot be run. */
  async version(): Promise<string> {
    const { stdout } = await this.#run(['--disable-version-check', '--version'], '', 'sops');
    return /\d+\.\d+\.\d+/.exec(stdout.toString('utf8'))?.[0] ?? 'unknown';
  }

  /** Throws SecretError if the user does not allow a kind of recipient: nothing that it names is asked. */
  refuseKinds(recipients: readonly Recipient[], file: string): void {
    const refused = recipients.find(({ kind }) => !this.#options.kinds.includes(kind));
    if (refused === undefined) return;
    throw new SecretError(
      `${file} names a recipient of kind ${refused.kind}, which your settings do not allow`,
      {
        suggestions: [
          `If your team uses it: put 'secrets: {kinds: [${[...this.#options.kinds, refused.kind].join(', ')}]}' into ~/.config/kgit/config.yaml`,
        ],
        data: { path: file, kind: refused.kind, recipient: formatRecipient(refused) },
      },
    );
  }

  async #run(args: readonly string[], input: string, file: string): Promise<ChildOutput> {
    await this.#turn();
    try {
      const { timeoutMs, signal } = this.#options;
      // At the root no .sops.yaml of a checkout is found: recipients are named by flags alone.
      const child = startChild('sops', args, { environment: this.#environment, cwd: '/', ownGroup: true });
      const run = await outputOf(child, {
        input,
        timeoutMs,
        signal,
        maxOutputBytes: MAX_OUTPUT,
        maxErrorBytes: MAX_ERROR,
      });
      if (run.ended === 'exit') return run;
      throw notRun(run, file, timeoutMs);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= this.#options.parallel)
      await new Promise<void>((resume) => {
        this.#waiting.push(resume);
      });
    this.#running++;
  }
}

function boundedEnvironment({ environment, kinds }: SopsOptions): Environment {
  const isRemote = kinds.some(isRemoteKind);
  const isKept = (name: string) =>
    VARIABLES.test(name) ||
    kinds.some((kind) => KIND_VARIABLES[kind]?.test(name)) ||
    (isRemote && PROXIES.test(name));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isKept(name)));
}

function formats(output: 'yaml' | 'json'): string[] {
  return ['--input-type', 'yaml', '--output-type', output, '--filename-override', 'secret.sops.yaml'];
}

function parsed(stdout: Buffer): unknown {
  try {
    return JSON.parse(stdout.toString('utf8'));
  } catch {
    // The parser's message would repeat a part of the value.
    return null;
  }
}

/**
 * The error for a data key that sops could not get: `no-key` if the user has none, and another if that cannot be told, because their key
 * cannot be read or a service may only be down.
 */
function keyError(
  stderr: string,
  {
    path,
    file,
    recipients,
  }: { readonly path: string; readonly file: string; readonly recipients: readonly Recipient[] },
): SecretError | EnvironmentError {
  const reason = reasonOf(stderr);
  if (!BROKEN_KEY.test(reason) && !recipients.some(({ kind }) => isRemoteKind(kind)))
    return noKey(path, file, recipients);
  return new EnvironmentError(`sops could not get the key for ${path}: ${clipped(reason, MAX_REASON)}`, {
    suggestions: [`Try it by hand: sops decrypt ${file}`],
    data: { path: file, cause: 'key-not-read' },
  });
}

/** What sops says about each key, in one line, without secrets and without the places where it found none. */
function reasonOf(stderr: string): string {
  const said = stderr.split('\n').flatMap((line) => /^\s+(?:- )?\| (.*)$/.exec(line)?.slice(1) ?? []);
  const text = said.join(' ').replace(/ Did not find keys in locations .*?'\.(?= |$)/g, '');
  return maskSecrets(text.replace(/\p{Cc}+/gu, ' ')) || 'it gave no reason';
}

function noKey(path: string, file: string, recipients: readonly Recipient[]): SecretError {
  const names = recipients.slice(0, 5).map(formatRecipient);
  return new SecretError(`${path} is encrypted, and you have no key for it`, {
    suggestions: [
      'Name your key: export SOPS_AGE_KEY_FILE=~/.config/sops/age/keys.txt',
      `It is encrypted for ${names.join(', ')}: ask one of them to add you: kgit secrets recipients add AGE`,
    ],
    data: { path: file, recipients: recipients.map(formatRecipient), cause: 'no-key' },
  });
}

function notRun({ ended, failure }: ChildOutput, file: string, timeoutMs: number): EnvironmentError {
  if (ended === 'missing')
    return new EnvironmentError('there is no sops in PATH, which team secrets need', {
      suggestions: [
        'Install it: https://getsops.io/docs/#download, or go install github.com/getsops/sops/v3/cmd/sops@v3.13.3',
      ],
      data: { cause: 'no-sops' },
    });
  const why =
    ended === 'timeout'
      ? `it did not end within ${timeoutMs / 1000} s`
      : (failure?.message ?? `it was ended (${ended})`);
  return new EnvironmentError(`sops cannot be run for ${file}: ${why}`, {
    data: { path: file, cause: ended },
  });
}
