"""How much more or less was a used machine sold for than its model and age explain?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["beyond_age"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def beyond_age(sold: Sequence[Mapping[str, object]], rule: Ints) -> Floats:
    """Return log of the share of the price new, less what model and age say (least squares beside the rule's grade)."""
    share = np.log([float(str(row["sold_share"])) for row in sold])
    age = np.array([float(str(row["sold_age"] or 0.0)) for row in sold])
    models = sorted({str(row["model"]) for row in sold})
    of = np.array([models.index(str(row["model"])) for row in sold])
    known = np.column_stack([np.eye(len(models))[of], age - age.mean()])
    grade = np.eye(4)[rule][:, 1:]
    found = np.linalg.lstsq(np.column_stack([known, grade]), share, rcond=None)[0]
    return np.asarray(share - known @ found[: known.shape[1]])
