"""Counts checks: one line each, and the exit code."""
import sys


class Report:
    def __init__(self, client):
        self.client = client
        self.passed = 0
        self.failed = 0

    def check(self, name, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok  ' if ok else 'FAIL'} {name}{f': {detail}' if detail != '' else ''}", flush=True)
        return bool(ok)

    def end(self):
        total = self.passed + self.failed
        print(f"{self.passed}/{total} checks passed ({self.client})", flush=True)
        sys.exit(0 if self.failed == 0 and total > 0 else 1)
