"""Is every fault of a maker put right step by step, in the languages its owners speak?"""

from __future__ import annotations

from smilecurve.worlds import World

LANGUAGES = {"en", "zh", "es", "ar", "id"}


def test_every_question_symptom_and_cause_is_said_in_five_languages(thin_world: World) -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for row in thin_world.tables["guide_texts"].to_pylist():
        said.setdefault((row["kind"], row["code"]), set()).add(row["language"])
    for table, column in (("questions", "question"), ("causes", "cause"), ("causes", "symptom")):
        for code in thin_world.tables[table][column].unique().to_pylist():
            assert said[column, code] == LANGUAGES, code


def test_what_owners_do_themselves_is_told_step_by_step_in_five_languages(thin_world: World) -> None:
    texts = {
        (row["code"], row["step"], row["language"])
        for row in thin_world.tables["guide_texts"].to_pylist()
        if row["kind"] == "step"
    }
    steps: dict[tuple[str, str], list[int]] = {}
    for row in thin_world.tables["guide_steps"].to_pylist():
        steps.setdefault((row["family"], row["cause"]), []).append(row["step"])
    for cause in thin_world.tables["causes"].to_pylist():
        order = steps[cause["family"], cause["cause"]]
        assert order == list(range(1, len(order) + 1))
        for step in order:
            for language in LANGUAGES if cause["remedy"] != "visit" else {"en"}:
                assert (cause["cause"], step, language) in texts, (cause["cause"], step, language)


def test_minutes_of_the_steps_are_the_minutes_of_the_work(thin_world: World) -> None:
    minutes: dict[tuple[str, str], int] = {}
    for row in thin_world.tables["guide_steps"].to_pylist():
        key = row["family"], row["cause"]
        minutes[key] = minutes.get(key, 0) + row["minutes"]
    for cause in thin_world.tables["causes"].to_pylist():
        assert minutes[cause["family"], cause["cause"]] == cause["minutes"]
