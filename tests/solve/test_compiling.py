"""The listing of kernels that are compiled ahead of a turn: it names what there is, and compiling by it serves the call."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve import _control_kernels
from smilecurve.solve.compiling import kernel, listed, read, spelled


@pytest.mark.parametrize("line", list(listed()), ids=lambda line: line.partition("(")[0])
def test_a_listed_kernel_takes_what_is_listed(line: str) -> None:
    assert spelled(kernel(line), read(line)) == line


def test_a_kernel_compiled_by_its_line_needs_no_other_compilation_when_called() -> None:
    (line,) = (line for line in listed() if line.startswith("_control_kernels.sums("))
    kernel(line).compile(read(line))
    before = list(_control_kernels.sums.signatures)
    _control_kernels.sums(np.ones((2, 3)), 0.5)
    assert _control_kernels.sums.signatures == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("_control_kernels.sums(f2)", "arguments of a kernel have changed"),
        ("_sequencing_kernels.total_cost(_sequencing_kernels.Facts(i2), i0)", "fields of Facts have changed"),
        ("_control_kernels.sums", "no kernel with types"),
        ("_control_kernels.sums(f2, 1)", "no type: 1"),
    ],
)
def test_a_line_that_fits_no_more_is_told(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(line)
