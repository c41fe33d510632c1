"""Tests of the Python package. TRISTAB_PROGRAM: the program of the same build; PYTHONPATH has the package."""

import os
import subprocess

import pytest

pytest_plugins = ["pytester"]  # that of tristab is found by itself


@pytest.fixture(scope="session")
def program():
    """program(*words) -> stdout of the program; fails unless its status is one of `status`."""

    def run(*words, status=(0,), **options):
        done = subprocess.run([os.environ["TRISTAB_PROGRAM"], *map(str, words)], capture_output=True, text=True, **options)
        assert done.returncode in status, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def data():
    """The path of a file of tests/data."""
    return lambda name: os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", name)
