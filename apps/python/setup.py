"""Builds the wheel with CMake, in a checkout: `pip wheel apps/python --no-build-isolation`, or `python3 -m build --wheel
--no-isolation apps/python`. The library is built, too; with TRISTAB_INSTALLED=1 (or without src) it is one that is installed.
CMAKE_ARGS has more arguments for CMake, such as -DCMAKE_PREFIX_PATH."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import setuptools
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent


class BuildByCMake(build_ext):
    def run(self):
        target = pathlib.Path(self.build_lib).resolve()
        if self.inplace:
            raise SystemExit("found an editable install; allowed: pip install, or PYTHONPATH=<build>/apps/python")
        build = pathlib.Path(self.build_temp).resolve()
        whole = (TOP / "src" / "tristab" / "library" / "library.h").exists() and not os.environ.get("TRISTAB_INSTALLED")
        arguments = ["-DCMAKE_BUILD_TYPE=Release", f"-DPython3_EXECUTABLE={sys.executable}", "-DTRISTAB_PYTHON_DIRECTORY=.",
                     "-DTRISTAB_BUNDLE=ON"]
        if whole:
            arguments += ["-DTRISTAB_PYTHON=ON", "-DTRISTAB_TESTS=OFF", "-DTRISTAB_BENCH=OFF", "-DCMAKE_UNITY_BUILD=ON"]
        arguments += shlex.split(os.environ.get("CMAKE_ARGS", ""))
        cmake = ["cmake", "-S", str(TOP if whole else HERE), "-B", str(build), *arguments]
        subprocess.run(cmake, check=True)
        subprocess.run(["cmake", "--build", str(build), "--parallel", "--target", "tristab_python"], check=True)
        subprocess.run(["cmake", "--install", str(build), "--prefix", str(target), "--component", "python"], check=True)


def version():
    found = re.search(r"project\(tristab VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(encoding="utf-8"))
    return found.group(1)


# The extension only says that the wheel is for one Python on one machine; CMake installs every file of the package.
setuptools.setup(version=version(), packages=[], py_modules=[], ext_modules=[setuptools.Extension("tristab._tristab", [])],
                 cmdclass={"build_ext": BuildByCMake})
