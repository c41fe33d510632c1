"""Fixtures for tests of kernels. pytest finds them where tristab is installed; else -p tristab.pytest_plugin.

    def test_my_kernel(tristab_inputs):
        A = tristab_inputs("trained", chunk=64)
        tristab.assert_inverse(A, my_kernel(A), kernel="fla-solve-tril")
"""

import pytest

import tristab


@pytest.fixture(scope="session")
def tristab_inputs():
    """tristab_inputs(name, chunk=64, trials=8, seed=1) -> A, [matrices, chunk, chunk] in float64: tristab.inputs."""
    return tristab.inputs


@pytest.fixture(scope="session")
def tristab_layer():
    """tristab_layer(family, chunk=64, chunks=4, trials=8, seed=1) -> {"k": [tokens, heads, d_k], ...}: tristab.generate_layer."""
    return tristab.generate_layer


@pytest.fixture(scope="session")
def tristab_assert():
    """tristab_assert(A, T, kernel=..., require=...): tristab.assert_inverse."""
    return tristab.assert_inverse
