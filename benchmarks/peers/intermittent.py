"""Forecasts of statsforecast's intermittent models, run by its own Python: numbers in and out by file.

Run by benchmarks/serve_demand.py: python intermittent.py IN.npz OUT.npz. IN: `sold` (series, months), `origins`,
`spans`. OUT, of each model, origin and span: the mean of a month ahead; and the quantiles of the total of a span by the
conformal intervals of the same model on totals of whole spans.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
from statsforecast.models import ADIDA, IMAPA, TSB, CrostonClassic, CrostonOptimized, CrostonSBA
from statsforecast.utils import ConformalIntervals

LEVELS = (50, 80, 90, 98)
WINDOWS = 5


def models(intervals: ConformalIntervals | None = None) -> dict[str, object]:
    return {
        "CrostonClassic": CrostonClassic(prediction_intervals=intervals),
        "CrostonOptimized": CrostonOptimized(prediction_intervals=intervals),
        "CrostonSBA": CrostonSBA(prediction_intervals=intervals),
        "ADIDA": ADIDA(prediction_intervals=intervals),
        "IMAPA": IMAPA(prediction_intervals=intervals),
        **{f"TSB {a:g}": TSB(alpha_d=a, alpha_p=a, prediction_intervals=intervals) for a in (0.05, 0.1, 0.2)},
    }


def main(read: str, write: str) -> None:
    given = np.load(read)
    sold, found = given["sold"], {}
    for name in models():
        seconds = 0.0
        for origin in given["origins"].tolist():
            past = sold[:, :origin]
            begun = time.process_time()
            model = models()[name]
            found[f"mean:{name}:{origin}"] = np.array([model.forecast(y=y, h=1)["mean"][0] for y in past])
            seconds += time.process_time() - begun
            for span in given["spans"].tolist():
                whole = past[:, origin % span :].reshape(len(past), -1, span).sum(axis=2)
                windows = min(WINDOWS, whole.shape[1] - 2)
                spread = models(ConformalIntervals(h=1, n_windows=windows))[name] if windows >= 2 else None
                if spread is not None:
                    found[f"conformal:{name}:{origin}:{span}"] = np.array([_quantiles(spread, y) for y in whole])
        found[f"seconds:{name}"] = np.array(seconds)
    np.savez(write, **found)


def _quantiles(model: object, totals: np.ndarray) -> list[float]:
    got = model.forecast(y=totals, h=1, level=list(LEVELS))
    return [float(got["mean"][0]), *(float(got[f"hi-{level}"][0]) for level in LEVELS)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:3])
