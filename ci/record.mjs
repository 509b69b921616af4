/**
 * Records one event from a job of GitHub, Forgejo or GitLab, which hands over what to record in the environment. Nothing of it
 * becomes a word of a shell, or an option of kgit.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** How a job or step went, in the words of its forge, and in those of an event. */
const OUTCOMES = {
  success: 'succeeded',
  ...{ failure: 'failed', failed: 'failed', cancelled: 'failed', canceled: 'failed' },
};
const {
  RECORD_ACTION: action = '',
  RECORD_SUBJECT: subject = '',
  RECORD_OUTCOME: given = '',
  RECORD_STATUS: statusText,
  RECORD_PARAMS: params = '',
  RECORD_REPO: repo = '',
  RECORD_STEP: step = '',
  RECORD_TOKEN: token = '',
  RUNNER_TEMP: jobFolder = '',
  GITHUB_ACTIONS: isActions,
} = process.env;
const run = process.env.KGIT_RUN_ID || process.env.GITHUB_RUN_ID || process.env.CI_PIPELINE_ID || '';
/** A folder that the steps of a job share; GitLab's jobs have one beside the checkout, which other jobs share, too. */
const temporary = jobFolder || dirname(process.env.CI_PROJECT_DIR || '');

/** Ends the step with a message that the forge shows. */
function fail(message, code = 1) {
  const escaped = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(isActions ? `::error::${escaped}\n` : `${message}\n`);
  process.exit(code);
}

/** Runs kgit and returns its JSON result and exit code. */
function kgit(...args) {
  const {
    error,
    status: code,
    stdout,
  } = spawnSync('kgit', args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) fail(`kgit cannot be run: ${error.message}`);
  try {
    return { code, json: JSON.parse(stdout) };
  } catch {
    return fail(`kgit ended with ${code} and no result`, code || 1);
  }
}

function failLikeKgit({ code, json: { error } }) {
  fail([error?.message ?? 'kgit failed', ...(error?.suggestions ?? [])].join('\n'), code || 1);
}

/** Digest of texts, as many base-32 digits as asked for. */
function digest(texts, length) {
  const hash = createHash('sha256').update(JSON.stringify(texts)).digest();
  return [...hash.subarray(0, length)].map((byte) => DIGITS[byte % 32]).join('');
}

/** The first ten digits of a ULID. */
function timeDigits(time) {
  let [text, rest] = ['', time];
  for (let i = 0; i < 10; i++) {
    text = DIGITS[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Hands an output to the steps that follow. */
function output(name, value) {
  if (!/^[\w.:-]*$/.test(value)) fail(`the output ${name} has characters that no ${name} has`);
  const end = randomUUID();
  if (process.env.GITHUB_OUTPUT)
    appendFileSync(process.env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`);
}

/** Ends the step without an event. */
function nothing(why) {
  done('', '', `nothing is recorded: ${why}`);
  process.exit(0);
}

function done(id, revision, message) {
  output('id', id);
  output('revision', revision ?? '');
  process.stdout.write(`${message}\n`);
}

if (/[\r\n]/.test(token)) fail('the token has more than one line');
// Only these forges take the line as a command and do not show it.
if (token !== '' && isActions) process.stdout.write(`::add-mask::${token}\n`);
// Without a token of its own, the step uses that of the job's environment.
if (token !== '') process.env.KGIT_TOKEN = token;
delete process.env.RECORD_TOKEN;
// An empty variable is one that was not given.
for (const name of ['KGIT_TOKEN', 'GITHUB_TOKEN']) if (process.env[name] === '') delete process.env[name];

const names = [
  ...['GITHUB_SERVER_URL', 'GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB'],
  ...['CI_SERVER_URL', 'CI_PROJECT_PATH', 'CI_JOB_ID'],
];
const job = names.map((name) => process.env[name] ?? '');
/** Says when the job started what it now ends. */
const note = join(temporary, `kgit-started-${digest([...job, action, subject], 26)}`);
const hasStarted = existsSync(note);

/** `job failure` is the status of the whole job, which may have failed before it began. */
const [, isOfJob, status] = /^(job )?(.*)$/s.exec(statusText ?? '');
if (status === 'skipped') nothing('the step that it is about was skipped');
if (statusText !== undefined && !Object.hasOwn(OUTCOMES, status))
  fail(`the status ${JSON.stringify(status)} is not known`);
const outcome = statusText === undefined ? given : OUTCOMES[status];

/** Has the end of the event's id once this step has begun. No other job sees the file, whatever its name and inputs. */
const memory = join(jobFolder, `kgit-step-${digest([...job, step, action, subject, outcome, params], 26)}`);
const isRepeat = jobFolder !== '' && existsSync(memory);
if (isOfJob && outcome === 'failed' && !hasStarted && !isRepeat)
  nothing(`the job failed before ci/started, so ${JSON.stringify(action)} never began`);
const ending = isRepeat ? readFileSync(memory, 'utf8') : digest([randomUUID()], 16);
const at = [`--repo=${repo}`, '--json'];
if (isRepeat) {
  const runs = run === '' ? [] : [`--run=${run}`];
  const found = kgit('log', ...at, ...runs, '--limit=1000', '--fetch', '--', subject);
  // Nothing is recorded of the subject yet.
  if (found.code !== 0 && found.code !== 15 && found.code !== 3) failLikeKgit(found);
  const known = found.json.events?.find(({ id }) => id.endsWith(ending));
  if (known !== undefined) {
    done(known.id, found.json.repository.revision, `this step has recorded ${known.id} already`);
    process.exit(0);
  }
}

if (jobFolder !== '') writeFileSync(memory, ending);

const now = Date.now();
const isEnd = outcome === 'succeeded' || outcome === 'failed';
const began = isEnd && hasStarted ? Number(readFileSync(note, 'utf8')) : Number.NaN;
// Before it is recorded: a job may go on although its start cannot be recorded.
if (outcome === 'started') writeFileSync(note, String(now));
const options = [
  ...(outcome === '' ? [] : [`--outcome=${outcome}`]),
  ...(began <= now ? [`--duration=${(now - began) / 1000}`] : []),
  ...(/^cancell?ed$/.test(status) ? ['--reason=the job was cancelled'] : []),
  ...params
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => `--param=${line.trimStart()}`),
];
const pushed = kgit(
  'push-event',
  ...at,
  `--id=${timeDigits(now)}${ending}`,
  ...options,
  '--',
  action,
  subject,
);
if (pushed.code !== 0) failLikeKgit(pushed);
// Folders of GitLab's runners outlive the job.
if (statusText !== undefined) rmSync(note, { force: true });
done(pushed.json.id, pushed.json.revision, `recorded ${pushed.json.id}`);
