import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Name of a test that says which suites this machine cannot run. */
const NOT_RUN = /suites do not run$/;

/** Ends the report with `N passed, N failed`. A failure outside a test counts as a failed test; skipped tests, and suites that did not run, are told before. */
export class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandled.length;
    const notRun: string[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'passed' && NOT_RUN.test(test.name)) notRun.push(test.name);
        if (state === 'failed') failed += 1;
        if (state === 'skipped') skipped += 1;
      }
    }
    for (const name of notRun) this.#vitest?.logger.log(`NOT RUN: ${name}`);
    if (skipped > 0)
      this.#vitest?.logger.log(`${skipped} skipped: what they read is not on this machine, as said above`);
    this.#vitest?.logger.log(`${passed} passed, ${failed} failed`);
  }
}
