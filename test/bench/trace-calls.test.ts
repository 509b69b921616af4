import { describe, expect, it } from 'vitest';
import { readTrace } from '../../bench/costs/trace-calls.js';

const TRACE = [
  '10 execve("/usr/bin/node", ["/usr/bin/node", "run.js"], 0x7ffd /* 20 vars */) = 0',
  '10 openat(AT_FDCWD, "/lib/libc.so.6", O_RDONLY|O_CLOEXEC) = 3',
  '10 openat(AT_FDCWD, "/missing", O_RDONLY) = -1 ENOENT (No such file or directory)',
  '11 execve("/usr/bin/git", ["git", "-c", "a=b", "push", "--quiet"], 0x1 /* 9 vars */ <unfinished ...>',
  '10 openat(AT_FDCWD, "/dev/null", O_RDWR <unfinished ...>',
  '11 <... execve resumed>)            = 0',
  '10 <... openat resumed>)            = 4',
  '12 execve("/opt/git", ["git", "log"], 0x1 /* 9 vars */) = -1 ENOENT (No such file or directory)',
  '12 execve("/usr/bin/sh", ["sh", "-c", "git push"], 0x1 /* 9 vars */) = 0',
].join('\n');

describe('trace of a command', () => {
  it('names the programs that were started, and counts the files that were opened', () => {
    expect(readTrace(TRACE)).toEqual({ programs: ['git push', 'sh'], opened: 2 });
  });
});
