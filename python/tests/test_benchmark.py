"""The benchmark's output."""

import os
import re
import subprocess
import unittest

from service import ROOT, binary


class Benchmark(unittest.TestCase):
    def run_benchmark(self, *arguments, **environment):
        return subprocess.run([binary("benchmark"), *arguments], env={**os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)

    def test_sections(self):
        out = self.run_benchmark(str(ROOT / "python"), "import", "10", RG=os.environ.get("RG", "rg"))
        text = re.sub(r"\d+\.\d+", "#", out.stdout)
        rule = "=" * 80 + "\n"
        self.assertIn(rule + "Memory-Mapped Search\n" + rule + "  Iteration  1: #ms (", text)
        self.assertIn("  Iteration 10: #ms (", text)
        self.assertIn("\nResults:\n  Average: #ms\n  Min:     #ms\n  Max:     #ms\n", text)
        self.assertIn(rule + "Ripgrep Subprocess\n" + rule, text)
        self.assertIn(rule + "SUMMARY\n" + rule + "Speedup: ", text)
        if "not measured" not in text:
            self.assertEqual(out.returncode, 0, out.stdout)
            self.assertIn("Time saved per search: ", text)
            self.assertEqual(len(set(re.findall(r"\((\d+) matches\)", text))), 1)

    def test_without_ripgrep(self):
        out = self.run_benchmark(str(ROOT / "python"), "import", "2", RG="/no/such/rg")
        self.assertEqual(out.returncode, 0)
        self.assertIn("install ripgrep, or set RG", out.stdout)

    def test_bad_input(self):
        for arguments in (("/no/such/dir", "x", "1"), (str(ROOT), "(", "1"), (str(ROOT), "x", "0")):
            out = self.run_benchmark(*arguments)
            self.assertEqual(out.returncode, 2, arguments)
            self.assertTrue(out.stderr)


if __name__ == "__main__":
    unittest.main()
