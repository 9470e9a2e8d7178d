"""Debian's own checker of packages finds nothing in ours but what is on the list."""
import re
import subprocess
import tempfile
import unittest

from packages import NAMES, make_packages

# A package's first changelog entry closes a bug of Debian; these are not in Debian.
ACCEPTED = {"initial-upload-closes-no-bugs"}


class LintianTest(unittest.TestCase):
    def test_no_error_and_no_warning(self):
        with tempfile.TemporaryDirectory(prefix="tributary-lintian-") as folder:
            debs = make_packages(folder)
            self.assertEqual(sorted(debs), sorted(NAMES))
            done = subprocess.run(["lintian", "--allow-root", "--tag-display-limit", "0", *debs.values()],
                                  capture_output=True, text=True, timeout=240)
        found = [line for line in done.stdout.splitlines()
                 if (tag := re.fullmatch(r"[EW]: \S+: (\S+).*", line)) and tag[1] not in ACCEPTED]
        self.assertEqual(found, [], done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
