"""The laws of HOUSE: one author a table, no circle of reads, a reason in every decided row, four tests and a page a desk."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from smilecurve.loop.order import edges, order, stages_joined
from smilecurve.loop.registry import desks
from smilecurve.terms.tables import STAGES, TABLES

ROOT = Path(__file__).resolve().parents[2]
ASKED = [
    "line.balance",
    "line.sequence",
    "line.simulate",
    "line.control",
    "line.sample",
    "line.shops",
    "supply.explode",
    "supply.promise",
    "supply.replenish",
    "market.forecast",
    "market.revenue",
    "market.quote",
    "ship.load",
    "serve.triage",
    "serve.dispatch",
    "serve.spares",
    "serve.network",
    "serve.kits",
    "serve.availability",
    "serve.last_buy",
    "serve.warranty",
    "serve.returns",
    "serve.depots",
    "renew.grade",
    "renew.route_return",
    "renew.value",
    "renew.ask",
    "renew.lease",
    "renew.exposure",
    "renew.match",
    "learn.hazard",
    "learn.repairs",
    "learn.shipments",
    "learn.builds",
    "learn.claims",
    "learn.emerging",
    "learn.contain",
    "learn.design",
    "learn.smile",
    "learn.voice",
]
FOUR = ("test_by_hand", "test_meets_published_results", "test_holds_its_laws", "test_refuses_bad_data")
NAMES = tuple(ASKED)


def test_every_desk_that_was_asked_for_stands():
    assert set(ASKED) <= set(desks())


def test_a_table_has_one_author_and_every_decided_table_has_one():
    authors: dict[str, list[str]] = {}
    for name, desk in desks().items():
        authors.setdefault(desk.contract.decides.name, []).append(name)
    assert {t: a for t, a in authors.items() if len(a) > 1} == {}
    assert {s.name for s in TABLES.values() if s.origin == "decided"} == set(authors)


def test_reads_never_go_round_and_the_order_keeps_them():
    done: set[str] = set()
    hard, _ = edges(desks())
    for name in order(desks()):
        assert hard[name] <= done
        done.add(name)


def test_the_smile_is_closed():
    assert {d.contract.stage for d in desks().values()} == set(STAGES)
    assert stages_joined(desks())


@pytest.mark.parametrize("name", NAMES)
def test_every_number_in_a_reason_is_a_column_of_the_row(name: str):
    contract = desks()[name].contract
    assert "reason" in contract.decides.columns
    for code, columns in contract.told.items():
        assert set(columns) <= set(contract.decides.columns), code
        assert not re.search(
            r"\d", re.sub(r"{[^}]*}", "", contract.reasons[code]).replace("80 %", "").replace("95 %", "")
        ), f"{name} {code} says a number that is no column: {contract.reasons[code]}"


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_parameters_of_the_same_names(name: str):
    desk = desks()[name]
    parameters = desk.signature.parameters
    for spec in desk.contract.reads:
        assert parameters[spec.name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    for spec in desk.contract.feedback:
        assert parameters[spec.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[spec.name].default is None
        assert spec.origin == "decided", "only another desk's last decision is feedback"


@pytest.mark.parametrize("name", NAMES)
def test_desks_are_pure(name: str):
    source = Path(inspect.getfile(desks()[name].function))
    tree = ast.parse(source.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert (module or "").split(".")[0] not in {
                "time",
                "random",
                "os",
                "socket",
                "sqlite3",
                "duckdb",
                "secrets",
            }
        if isinstance(node, ast.Attribute):
            assert (
                node.attr not in {"now", "utcnow", "today"}
                or not isinstance(node.value, ast.Attribute | ast.Name)
                or (
                    ast.unparse(node.value)
                    not in {"dt.datetime", "datetime.datetime", "dt.date", "datetime.date", "date"}
                )
            )
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in {"open", "np.random.seed"}


@pytest.mark.parametrize("name", NAMES)
def test_the_proof_is_computed(name: str):
    tree = ast.parse(Path(inspect.getfile(desks()[name].function)).read_text())
    proofs = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "Proof"]
    assert proofs, "a desk states its proof"
    for call in proofs:
        given = [*call.args[1:3], *[k.value for k in call.keywords if k.arg in ("value", "against")]]
        assert not all(isinstance(a, ast.Constant) for a in given), "a proof is never typed in"


@pytest.mark.parametrize("name", NAMES)
def test_a_desk_has_its_four_tests_and_its_page(name: str):
    stage, verb = name.split(".")
    tests = ROOT / "tests" / "desks" / stage / f"test_{verb}.py"
    defined = {n.name for n in ast.parse(tests.read_text()).body if isinstance(n, ast.FunctionDef)}
    assert set(FOUR) <= defined
    assert (ROOT / "docs" / "desks" / f"{stage}-{verb}.md").is_file()


@pytest.mark.parametrize("spec", TABLES.values(), ids=lambda s: s.name)
def test_every_table_is_whole(spec):
    assert set(spec.key) <= set(spec.columns)
    assert len(set(spec.columns)) == len(spec.columns)
    assert all(f.meaning for f in spec.fields)
    assert set(spec.sees) <= {"dealer", "partner", "customer"}
    for column in spec.sees.values():
        assert column in {"*", "@machine", *spec.columns}
        assert column != "@machine" or "machine" in spec.columns
    if any(f.unit == "currency" for f in spec.fields):
        assert any(f.type == "currency" or f.name == "currency" for f in spec.fields), "money needs its currency"


def test_every_seen_table_has_one_query_named_as_its_spec():
    views = {p.stem for p in (ROOT / "src/smilecurve/thread/views").glob("*.sql")}
    seen = {s.name for s in TABLES.values() if s.origin == "seen"}
    by_code = {"events", "story", "components", "lot_machines", "decisions"}
    assert seen - by_code <= views
    assert views <= seen | {s.name for s in TABLES.values()}
