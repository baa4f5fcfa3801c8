"""Safety stock along trees by stockpyl, run by its own Python: numbers in and out by file.

Run by benchmarks/supply_replenish.py: python chains.py IN.npz OUT.npz. IN, of each tree k: `time:k`, `holding:k`,
`own:k` (own standard deviation), `promise:k` (-1: none), `links:k`. OUT: `cost` of each, `seconds` of CPU in all.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from stockpyl.demand_source import DemandSource
from stockpyl.gsm_tree import optimize_committed_service_times, preprocess_tree
from stockpyl.supply_chain_network import SupplyChainNetwork
from stockpyl.supply_chain_node import SupplyChainNode


def main(asked: str, answer: str) -> None:
    given = np.load(asked)
    costs, seconds = [], 0.0
    for tree in sorted({int(key.split(":")[1]) for key in given}):
        times, holding, own, promise, links = (
            given[f"{name}:{tree}"] for name in ("time", "holding", "own", "promise", "links")
        )
        net = SupplyChainNetwork()
        for k in range(len(times)):
            end = promise[k] >= 0
            net.add_node(SupplyChainNode(
                k, processing_time=int(times[k]), external_inbound_cst=0, local_holding_cost=float(holding[k]),
                demand_bound_constant=1.0, external_outbound_cst=int(promise[k]) if end else None,
                demand_source=DemandSource(type="N" if end else None, mean=10.0, standard_deviation=float(own[k])),
            ))  # fmt: skip
        net.add_edges_from_list([tuple(link) for link in links.tolist()])
        begun = time.process_time()
        costs.append(optimize_committed_service_times(preprocess_tree(net))[1])
        seconds += time.process_time() - begun
    np.savez(answer, cost=np.array(costs), seconds=np.array(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
