#!/usr/bin/env python3
"""Runs COMMAND and prints `WALL CPU TOTAL` in seconds on its last line of stderr: the wall time of the command, the CPU
time of it and of all processes that it started and left behind, and how long these took to end.
usage: rusage.py COMMAND..."""
import ctypes, os, resource, subprocess, sys, time

PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("rusage.py: this system tells nobody of the processes that others leave behind")
began = time.monotonic()
status = subprocess.run(sys.argv[1:]).returncode
wall = time.monotonic() - began
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{wall:.3f} {used.ru_utime + used.ru_stime:.3f} {time.monotonic() - began:.3f}", file=sys.stderr)
sys.exit(status)
