"""serve.triage: belief, question and step of every open ticket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.triage import triage_tickets
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve import PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_guides import GUIDE_STEPS, GUIDE_TEXTS, MARKET_LANGUAGES
from smilecurve.terms.tables.serve_tickets import CAUSES, QUESTIONS, TICKET_ANSWERS, TICKETS
from smilecurve.terms.tables.supply import PARTS

OPENED = datetime(2026, 5, 4, 8, tzinfo=UTC)


def ticket(name: str, **more: object) -> dict[str, object]:
    base = {"ticket": name, "machine": f"M-{name}", "model": "GX", "family": "generator", "symptom": "no_start"}
    return base | {"opened": OPENED, "market": "FR"} | more


def cause(name: str, weight: float, remedy: str, **more: object) -> dict[str, object]:
    base = {"family": "generator", "symptom": "no_start", "cause": name, "weight": weight, "remedy": remedy}
    return base | {"guide": f"how to mend {name}", "minutes": 30} | more


def question(name: str, cause: str, yes: float) -> dict[str, object]:
    return {"family": "generator", "question": name, "words": f"{name}?", "cause": cause, "yes": yes}


def run(
    tickets: list[dict[str, object]],
    causes: list[dict[str, object]],
    questions: list[dict[str, object]],
    answers: list[dict[str, object]] | None = None,
    parts: list[dict[str, object]] | None = None,
    partners: list[dict[str, object]] | None = None,
    technicians: list[dict[str, object]] | None = None,
    steps: list[dict[str, object]] | None = None,
    texts: list[dict[str, object]] | None = None,
    languages: list[dict[str, object]] | None = None,
    **options: object,
) -> Decision:
    return triage_tickets(
        TICKETS.rows(tickets),
        TICKET_ANSWERS.rows(answers or []),
        CAUSES.rows(causes),
        QUESTIONS.rows(questions),
        PARTNERS.rows(partners or []),
        PARTS.rows(parts or []),
        CURRENCY_RATES.rows([]),
        TECHNICIANS.rows(technicians or []),
        GUIDE_STEPS.rows(steps or []),
        GUIDE_TEXTS.rows(texts or []),
        MARKET_LANGUAGES.rows(languages or []),
        **options,
    )


def test_by_hand() -> None:
    """Fuel tap closed 3 : spark plug dead 1. Guiding costs 60, sending the plug 150, treating wrongly 400 more.

    A guide helps in 95 of 100 cases where its cause lies behind. Guide first and hear: it helps with 0.7125; else 60 are
    spent and the plug is it with 0.25 / 0.2875, the tap with the rest, where sending the plug costs 60 + 400 + 2 x 150:
    0.7125 x 60 + 0.2875 x 60 + 0.25 x 150 + 0.0375 x 760 = 126. Asking "is fuel in the filter?" (yes 0 if the tap is
    closed, 1 if the plug is dead; 5 % do not know) parts the causes: 5 + 0.95 (3/4 60 + 1/4 150) + 0.05 x 126 = 89.675,
    so asking saves 36.325. Knowing the cause costs 82.5.
    """
    causes = [cause("tap_closed", 3, "remote"), cause("plug_dead", 1, "part")]
    asks = [question("fuel_in_filter", "tap_closed", 0.0), question("fuel_in_filter", "plug_dead", 1.0)]
    got = run([ticket("T1")], causes, asks)
    row = got.rows.to_pylist()[0]
    assert (row["cause"], row["probability"], row["step"], row["reason"]) == ("tap_closed", 0.75, "ask", "ask")
    assert row["expected_cost"] == pytest.approx(89.675)
    assert row["question_worth"] == pytest.approx(36.325)
    assert (got.proof.value, got.proof.against) == (pytest.approx(89.675), pytest.approx(82.5))
    said = [{"ticket": "T1", "question": "fuel_in_filter", "answer": "yes"}]
    after = run([ticket("T1")], causes, asks, said).rows.to_pylist()[0]
    assert (after["cause"], after["step"], after["reason"]) == ("plug_dead", "part", "clear")
    assert triage_tickets.sentence(after) == (
        "plug_dead at 100% (100% to 100% by 0 closed tickets): part for 150 CNY, no question pays"
    )


def test_meets_published_results() -> None:
    """Eddy (1982), as retold by Gigerenzer and Hoffrage (1995): prior 1 %, hit rate 80 %, false alarms 9.6 % -> 7.8 %."""
    causes = [cause("ill", 1, "remote"), cause("well", 99, "remote")]
    asks = [question("test", "ill", 0.8), question("test", "well", 0.096)]
    said = [{"ticket": "T1", "question": "test", "answer": "yes"}]
    row = run([ticket("T1")], causes, asks, said).rows.to_pylist()[0]
    assert 1 - row["probability"] == pytest.approx(0.078, abs=5e-4)


def test_a_guide_is_tried_and_what_comes_of_it_is_heard() -> None:
    """As by hand, without the question: guide first for 126; it did not help: the plug is it with 0.25 / 0.2875.

    Closed tickets whose guide helped 20 times of 20 make it (19 + 20) / 40 sure that it helps where it is the cause: half
    as many guides are in vain there, so that the odds of the tap after one in vain are half as high.
    """
    row = run([ticket("T1")], TWO, []).rows.to_pylist()[0]
    assert (row["step"], row["treated"], row["reason"], row["question"]) == ("remote", "tap_closed", "try", None)
    assert row["expected_cost"] == pytest.approx(126)
    assert triage_tickets.sentence(row) == (
        "tap_closed at 75% (36% to 99% by 0 closed tickets): guide through tap_closed and hear whether it helps, 126 CNY "
        "on average"
    )
    vain = [{"ticket": "T1", "question": "tap_closed", "answer": "no"}]
    after = run([ticket("T1")], TWO, [], vain).rows.to_pylist()[0]
    assert (after["step"], after["treated"], after["cause"]) == ("part", "plug_dead", "plug_dead")
    assert after["probability"] == pytest.approx(0.25 / 0.2875)
    past = [solved(f"C{i}", "tap_closed") for i in range(20)]
    helped = [{"ticket": f"C{i}", "question": "tap_closed", "answer": "yes"} for i in range(20)]
    chance = []
    for told in (helped, []):
        got = run([ticket("T1"), *past], TWO, [], [*vain, *told])
        assert not got.clash
        row = got.rows.to_pylist()[0]
        chance.append(row["probability"] if row["cause"] == "tap_closed" else 1 - row["probability"])
    odds = [p / (1 - p) for p in chance]
    assert odds[0] / odds[1] == pytest.approx(0.5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_guide_is_tried_once_at_most(seed: int) -> None:
    """Whatever is tried in vain is not proposed to be tried again, and the plan never costs more than acting at once."""
    draw = np.random.default_rng(seed)
    names = ["a", "b", "c", "d"]
    causes = [
        cause(n, float(draw.integers(1, 9)), ["remote", "remote", "part", "visit"][i]) for i, n in enumerate(names)
    ]
    said: list[dict[str, object]] = []
    while True:
        row = run([ticket("T1")], causes, [], said).rows.to_pylist()[0]
        if row["reason"] != "try":
            break
        assert row["treated"] not in {s["question"] for s in said}
        said.append({"ticket": "T1", "question": row["treated"], "answer": "no"})
    assert len(said) <= 2
    assert not (row["step"] == "remote" and row["treated"] in {s["question"] for s in said})


def test_where_the_only_guide_was_in_vain_somebody_must_look() -> None:
    vain = [{"ticket": "T1", "question": "tap_closed", "answer": "no"}]
    row = run([ticket("T1")], TWO[:1], [], vain).rows.to_pylist()[0]
    assert (row["step"], row["reason"], row["cause"], row["expected_cost"]) == ("visit", "new", "unknown", 900.0)


def held_out(seed: int) -> tuple[float, float, float]:
    """Share of visits avoided, mean belief in the named cause, share of named causes that were right."""
    draw = np.random.default_rng(seed)
    names, truth = ["a", "b", "c", "d"], np.array([0.5, 0.25, 0.15, 0.1])
    yes = draw.uniform(0.05, 0.95, (3, 4))
    causes = [cause(n, 1, "visit" if n == "d" else "remote") for n in names]
    asks = [question(f"q{i}", n, 0.5) for i in range(3) for n in names]
    past, answers, fresh, fact = [], [], [], {}
    for i in range(900):
        lies = int(draw.choice(4, p=truth))
        name = f"T{i:04d}"
        answers += [
            {"ticket": name, "question": f"q{q}", "answer": "yes" if draw.random() < yes[q, lies] else "no"}
            for q in range(3)
        ]
        fact[name] = names[lies]
        solved = {"closed": OPENED, "cause": names[lies], "remedy": "remote"}
        (past if i < 600 else fresh).append(ticket(name, **(solved if i < 600 else {})))
    rows = run(past + fresh, causes, asks, answers, strength=2.0).rows.to_pylist()
    right = [row["cause"] == fact[row["ticket"]] for row in rows]
    return (
        float(np.mean([row["step"] != "visit" for row in rows])),
        float(np.mean([row["probability"] for row in rows])),
        float(np.mean(right)),
    )


def test_learns_from_closed_tickets_and_its_belief_is_calibrated() -> None:
    """300 held-out tickets a seed: the mean belief is the share that was right, and beats always naming the commonest."""
    got = np.array([held_out(seed) for seed in range(4)])
    belief, right = got[:, 1].mean(), got[:, 2].mean()
    assert belief == pytest.approx(right, abs=0.03)
    assert right > 0.56


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 8))
def test_holds_its_laws(seed: int, n: int) -> None:
    draw = np.random.default_rng(seed)
    names = [f"c{i}" for i in range(int(draw.integers(1, 5)))]
    kinds = ["remote", "part", "visit"]
    causes = [
        cause(c, float(draw.integers(1, 9)), kinds[draw.integers(3)], part=["P1", None][draw.integers(2)])
        for c in names
    ]
    asks = [question(f"q{i}", c, float(draw.random())) for i in range(3) for c in names]
    tickets = [ticket(f"T{i}", partner=["SP1", None][draw.integers(2)]) for i in range(n)]
    said = [
        {"ticket": f"T{i}", "question": "q0", "answer": ["yes", "no", "unknown"][draw.integers(3)]}
        for i in range(0, n, 2)
    ]
    got = run(tickets, causes, asks, said)
    rows = got.rows.to_pylist()
    assert [row["ticket"] for row in rows] == sorted(t["ticket"] for t in tickets)
    assert got.proof.against <= got.proof.value + 1e-9
    for row in rows:
        assert (row["question"] is not None) == (row["step"] == "ask")
        assert row["question"] != "q0" or int(row["ticket"][1:]) % 2
        assert triage_tickets.sentence(row)
    again = run(list(reversed(tickets)), causes, asks, said)
    assert again.rows.equals(got.rows)


def test_a_visit_covers_other_causes_and_new_symptoms_go_to_a_person() -> None:
    causes = [
        cause("cable_loose", 5, "part", part="P2"),
        cause("pump_dead", 4, "visit", part="P1", skill="hydraulics"),
        cause("hose_burst", 4, "visit", skill="hydraulics"),
    ]
    partners = [{"partner": "SP1", "name": "x", "market": "FR", "latitude": 0.0, "longitude": 0.0,
                 "visit_cost": 300.0, "currency": "EUR"}]  # fmt: skip
    rates = CURRENCY_RATES.rows([{"currency": "EUR", "day": OPENED.date(), "in_cny": 8.0}])
    tickets = [ticket("T1", partner="SP1"), ticket("T2", symptom="smoke")]
    got = triage_tickets(TICKETS.rows(tickets), TICKET_ANSWERS.rows([]), CAUSES.rows(causes), QUESTIONS.rows([]),
                         PARTNERS.rows(partners), PARTS.rows([]), rates, TECHNICIANS.rows([]), GUIDE_STEPS.rows([]),
                         GUIDE_TEXTS.rows([]), MARKET_LANGUAGES.rows([]), again_cost=9000.0)  # fmt: skip
    first, second = got.rows.to_pylist()
    assert (first["cause"], first["step"], first["part"], first["reason"]) == ("cable_loose", "visit", "P1", "safe")
    """Both parts come along for 2400; what is not needed goes back for 40: one of them, one of them, both."""
    assert first["expected_cost"] == pytest.approx(2400 + (5 * 40 + 4 * 40 + 4 * 80) / 13)
    assert (second["cause"], second["step"], second["reason"]) == ("unknown", "visit", "new")


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([ticket("T1", opened=None)], [cause("a", -1, "pray")], [])
    assert [b.what for b in refused.value.breaches] == [
        "opened is empty",
        "weight -1.0 is below 0",
        "remedy pray is not a known code",
    ]
    with pytest.raises(OptionRejected, match="visit_cost of -1 is below 0"):
        run([], [], [], visit_cost=-1.0)
    partner = {"partner": "SP1", "name": "x", "market": "FR", "latitude": 0.0, "longitude": 0.0}
    with pytest.raises(DataRejected, match="no rate is known for EUR"):
        run([], [], [], partners=[partner | {"visit_cost": 1.0, "currency": "EUR"}])


def solved(name: str, cause: str, **more: object) -> dict[str, object]:
    return ticket(name, closed=OPENED, cause=cause, remedy="remote") | more


TWO = [cause("tap_closed", 3, "remote"), cause("plug_dead", 1, "part", part="P1")]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_answers_changes_nothing(seed: int) -> None:
    draw = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    causes = [cause(n, float(draw.integers(1, 9)), ["remote", "part", "visit"][i], part=f"P{i}", branch=f"s{i % 2}")
              for i, n in enumerate(names)]  # fmt: skip
    asks = [question(f"q{i}", n, float(draw.random())) for i in range(3) for n in names]
    tickets = [ticket(f"T{i}", model=f"m{i % 2}") for i in range(4)]
    tickets += [
        solved(f"C{i}", names[int(draw.integers(3))], model=f"m{draw.integers(2)}",
               opened=OPENED - timedelta(days=int(draw.integers(400))))
        for i in range(30)
    ]  # fmt: skip
    said = [
        {"ticket": t["ticket"], "question": f"q{q}", "answer": ["yes", "no", "unknown"][draw.integers(3)]}
        for t in tickets
        for q in range(3)
        if draw.random() < 0.5
    ]
    first = run(tickets, causes, asks, said).rows
    shuffled = [[rows[i] for i in draw.permutation(len(rows))] for rows in (tickets, causes, asks, said)]
    assert run(*shuffled).rows.equals(first)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_certain_answer_for_nothing_never_raises_the_expected_cost(seed: int) -> None:
    """A question that tells one cause for sure is added and costs nothing: the plan costs no more than without it."""
    draw = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    causes = [cause(n, float(draw.integers(1, 9)), ["remote", "part", "visit"][i]) for i, n in enumerate(names)]
    asks = [question("q", n, float(draw.random())) for n in names]
    sure = [question("sure", n, float(n == "b")) for n in names]
    before = run([ticket("T1")], causes, asks, question_cost=0.0).rows.to_pylist()[0]
    after = run([ticket("T1")], causes, asks + sure, question_cost=0.0).rows.to_pylist()[0]
    assert after["expected_cost"] <= before["expected_cost"] + 1e-6


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), times=st.integers(2, 6))
def test_more_closed_tickets_alike_narrow_the_interval(seed: int, times: int) -> None:
    draw = np.random.default_rng(seed)
    found = [["tap_closed", "plug_dead"][int(draw.random() < 0.3)] for _ in range(12)]
    width = []
    for copies in (1, times):
        past = [solved(f"C{k}-{i}", name) for k in range(copies) for i, name in enumerate(found)]
        weights = [TWO[0] | {"weight": 12 - sum(f == "plug_dead" for f in found) + 0.1},
                   TWO[1] | {"weight": sum(f == "plug_dead" for f in found) + 0.1}]  # fmt: skip
        row = run([ticket("T1"), *past], weights, []).rows.to_pylist()[0]
        assert row["probability_low"] <= row["probability"] <= row["probability_high"]
        assert row["tickets_seen"] == row["own_tickets"] == len(past)
        width.append(row["probability_high"] - row["probability_low"])
    assert width[1] < width[0]


def test_a_models_own_tickets_and_rows_go_before_its_familys() -> None:
    """Forty tickets of GX say tap, six of GY say plug: GY is drawn to its own; a third model follows both.

    The row that GZ has of its own says nine plugs to one tap, its family's says one to three.
    """
    past = [solved(f"C{i}", "tap_closed") for i in range(40)]
    past += [solved(f"D{i}", "plug_dead", model="GY") for i in range(6)]
    fresh = [ticket(m, model=m) for m in ("GX", "GY", "GW", "GZ")]
    own = [cause("plug_dead", 27, "part", family="GZ", part="P1")]
    rows = {row["ticket"]: row for row in run([*fresh, *past], TWO, [], siblings=10.0).rows.to_pylist()}
    assert (rows["GX"]["cause"], rows["GY"]["cause"], rows["GW"]["cause"]) == ("tap_closed", "plug_dead", "tap_closed")
    assert rows["GW"]["probability"] < rows["GX"]["probability"]
    assert [rows[m]["own_tickets"] for m in ("GX", "GY", "GW")] == [40.0, 6.0, 0.0]
    alone = run([ticket("GZ", model="GZ"), ticket("GX")], [*TWO, *own], []).rows.to_pylist()
    assert [(r["ticket"], r["cause"], r["probability"]) for r in alone] == [
        ("GX", "tap_closed", 0.75),
        ("GZ", "plug_dead", 0.9),
    ]


def test_a_second_part_comes_along_where_that_pays() -> None:
    """Pump 6, valve 3, both by a visit of 900, wrong ones 400 more, parts free: a second part costs 40 to carry.

    Pump alone: 900 + 1/3 (40 + 900 + 400) = 1,346.67. Both: 900 + 40. It saves 406.67. Where carrying costs 500 it does
    not: 900 + 1/3 (500 + 1300) = 1,500 against 1,400 with both; at 2,000 the pump alone costs 2,000, both 2,900.
    """
    causes = [
        cause("pump_dead", 6, "visit", part="P1", branch="hydraulics"),
        cause("valve_stuck", 3, "visit", part="P2"),
    ]
    row = run([ticket("T1")], causes, []).rows.to_pylist()[0]
    assert (row["part"], row["second_part"], row["branch"]) == ("P1", "P2", "hydraulics")
    assert row["part_probability"] == pytest.approx(2 / 3)
    assert row["second_probability"] == pytest.approx(1 / 3)
    assert row["second_saving"] == pytest.approx(900 + (40 + 1300) / 3 - 940)
    assert row["expected_cost"] == pytest.approx(940)
    dear = run([ticket("T1")], causes, [], carry_cost=2000.0).rows.to_pylist()[0]
    assert dear["second_saving"] == pytest.approx(900 + (2000 + 1300) / 3 - 2900)
    assert dear["expected_cost"] == pytest.approx(2000)
    air = cause("air_locked", 1e-9, "remote")
    vain = [{"ticket": "T1", "question": "air_locked", "answer": "no"}]
    after = run([ticket("T1")], [air, *causes], [], vain).rows.to_pylist()[0]
    assert (after["part"], after["second_part"]) == ("P1", "P2")
    assert after["second_saving"] == pytest.approx(row["second_saving"]), "a guide tried in vain changes no saving"


def test_the_same_machine_called_in_twice_is_named() -> None:
    later = {"machine": "M-T1", "opened": OPENED + timedelta(days=1)}
    rows = run([ticket("T2", **later), ticket("T1"), ticket("T3", **later, symptom="leak")], TWO, []).rows.to_pylist()
    assert [row["duplicate_of"] for row in rows] == [None, "T1", None]


def test_owners_hear_their_language_and_what_is_missing_is_told() -> None:
    """Spanish has the question, Arabic does not; of what the owner does himself the steps count, not of a visit."""
    asks = [question("fuel_in_filter", "tap_closed", 0.0), question("fuel_in_filter", "plug_dead", 1.0)]
    base = {"family": "*", "code": "fuel_in_filter", "kind": "question", "step": 0, "words": "?"}
    texts = [base | {"language": lang} for lang in ("en", "es")]
    speak = [{"market": "ES", "language": "es"}, {"market": "AE", "language": "ar"}]
    calls = [ticket("T1", market="ES"), ticket("T2", market="AE"), ticket("T3", market="AE"), ticket("T4", market="FR")]
    got = run(calls, TWO, asks, texts=texts, languages=speak)
    assert [row["language"] for row in got.rows.to_pylist()] == ["es", "en", "en", "en"]
    assert [(c.what, c.do) for c in got.clash] == [
        ("the question fuel_in_filter is not told in ar: 2 tickets hear it in en", "add its words in ar")
    ]
    assert run(calls, TWO, asks, languages=speak).rows.column("language").null_count == 4


def test_what_nothing_is_known_of_is_left_out_and_told() -> None:
    past = [solved("C1", "gremlins"), solved("C2", "plug_dead")]
    said = [{"ticket": "T1", "question": "colour", "answer": "yes"}]
    able = {"technician": "X", "partner": "SP1", "market": "FR", "latitude": 0.0, "longitude": 0.0,
            "skills": "engine", "shift_start_h": 8.0, "shift_end_h": 17.0, "speed_km_h": 40.0}  # fmt: skip
    causes = [*TWO, cause("pump_dead", 1, "visit", skill="hydrualics")]
    got = run([ticket("T1"), *past], causes, [], said, technicians=[able])
    assert [c.what for c in got.clash] == [
        "closed tickets of generator found gremlins, which is no cause of it",
        "colour was answered, but is no question",
        "no technician has the skill hydrualics",
    ]
    assert got.rows.to_pylist()[0]["tickets_seen"] == 1.0


def test_fault_trees_that_do_not_fit_together_are_refused_all_at_once() -> None:
    causes = [cause("tap_closed", 0, "remote"), cause("fan_torn", 1, "part", family="storage", symptom="noise")]
    asks = [question("hot", "fan_torn", 0.5), question("wet", "hose_gone", 0.5)]
    steps = [{"family": "generator", "cause": "tap_shut", "step": 1}]
    texts = [{"family": "*", "kind": "question", "code": "cold", "step": 0, "language": "es", "words": "?"},
             {"family": "*", "kind": "step", "code": "tap_open", "step": 1, "language": "en", "words": "!"}]  # fmt: skip
    with pytest.raises(DataRejected) as refused:
        run([ticket("T1")], causes, asks, steps=steps, texts=texts)
    assert [(b.what, b.at) for b in refused.value.breaches] == [
        ("the causes of no_start of generator weigh nothing together", "causes.weight"),
        ("generator has no cause fan_torn", "questions.cause, row 1"),
        ("generator has no cause hose_gone", "questions.cause, row 2"),
        ("generator has no cause tap_shut", "guide_steps.cause, row 1"),
        ("there is no question cold, but a text for it in es", "guide_texts.code, row 1"),
        ("there is no cause tap_open, but a text for it in en", "guide_texts.code, row 2"),
    ]
    with pytest.raises(DataRejected, match="plug_dead of generator is the code of a question and of a cause"):
        run([ticket("T1")], TWO, [question("plug_dead", "plug_dead", 0.5)])
    with pytest.raises(DataRejected, match=r"yes 1.5 is above 1"):
        run([], [cause("tap_closed", 1, "remote")], [question("wet", "tap_closed", 1.5)])
    with pytest.raises(OptionRejected, match="siblings of 0 lets nothing be learned"):
        run([], [], [], siblings=0.0)
