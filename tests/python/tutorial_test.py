"""Every line of the tutorial gives what it shows."""

import doctest
import os


def test_tutorial():
    path = os.path.join(os.environ["TRISTAB_SOURCE"], "apps", "python", "README.md")
    failed, tried = doctest.testfile(path, module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert tried > 15 and failed == 0
