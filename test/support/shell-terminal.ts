import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';

/** One step at a shell: wait for a text on the screen, then type. */
export interface Step {
  readonly after: string | RegExp;
  readonly types: string;
}

/** The text of a terminal without control sequences. */
function shownText(text: string): string {
  return stripVTControlCharacters(
    text.replace(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, ''),
  ).replaceAll('\r', '');
}

/**
 * Runs a command on a pseudo-terminal of 100 columns, typing step by step; each step looks at what came since the last one.
 * The whole screen when the command has ended, without control sequences.
 */
export function typeAtTerminal(
  cwd: string,
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  steps: readonly Step[],
): Promise<string> {
  const child = spawn('script', ['-qec', `stty cols 100 rows 40; exec ${command}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm', ...env },
    stdio: 'pipe',
  });
  // A test that times out leaves no shell behind.
  onTestFinished(() => {
    child.kill();
  });
  let screen = '';
  let from = 0;
  let next = 0;
  const goOn = () => {
    const step = steps[next];
    if (step === undefined) return;
    const shown = shownText(screen.slice(from));
    if (typeof step.after === 'string' ? !shown.includes(step.after) : !step.after.test(shown)) return;
    from = screen.length;
    next++;
    child.stdin.write(step.types);
  };
  return new Promise((resolve, reject) => {
    const take = (text: string) => {
      screen += text;
      goOn();
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', () => resolve(shownText(screen)));
  });
}
