"""The table of kernels: kernel_table_test.py PROGRAM SOURCE

Rows in documents are rows of results/example-kernels.md, which has every recipe; and some of its rows are what
results/kernel_table.py prints now.
"""
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
TABLE = (SOURCE / "results/example-kernels.md").read_text().splitlines()
ROWS = [line for line in TABLE if line.startswith("| `")]
SAMPLE = ["aiter-v1", "flashkda-v1", "fla-solve-tril", "flashinfer-gdn-sm90"]


class KernelTable(unittest.TestCase):
    def test_every_recipe_has_a_row(self):
        names = [re.match(r"\| `([^`]+)`", row).group(1) for row in ROWS]
        self.assertEqual(names, sorted(path.stem for path in (SOURCE / "configs/kernels").glob("*.json")))

    def test_rows_of_the_front_page_are_rows_of_the_table(self):
        rows = [line for line in (SOURCE / "README.md").read_text().splitlines() if re.match(r"\| `[a-z0-9-]+` \| \d+ \|", line)]
        self.assertGreaterEqual(len(rows), 6)
        for row in rows:
            self.assertIn(row, ROWS)

    def test_rows_are_what_the_script_prints_now(self):
        made = subprocess.run([sys.executable, "-B", SOURCE / "results/kernel_table.py", PROGRAM, *SAMPLE], check=True,
                              capture_output=True, text=True).stdout.splitlines()
        self.assertEqual(len(made), 2 + len(SAMPLE))
        for row in made[2:]:
            self.assertIn(row, ROWS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
