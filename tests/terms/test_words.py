"""Scopes, money, places, events and proofs say what they mean."""

from __future__ import annotations

import pytest

from smilecurve.terms.decision import Proof
from smilecurve.terms.errors import OptionRejected
from smilecurve.terms.event import KINDS, STATUSES, event_breaches
from smilecurve.terms.money import Money
from smilecurve.terms.place import is_currency, is_market, market_codes
from smilecurve.terms.scope import MAKER, Scope


@pytest.mark.parametrize("text", ["maker", "dealer:ID", "partner:SP-1", "customer:C-1"])
def test_a_scope_reads_back_as_written(text: str):
    assert str(Scope.parse(text)) == text


@pytest.mark.parametrize("text", ["", "boss", "dealer", "dealer:", "maker:ID"])
def test_no_other_scope_is_read(text: str):
    with pytest.raises(OptionRejected, match="is not a scope"):
        Scope.parse(text)
    assert Scope() == MAKER


def test_currencies_never_mix():
    assert Money(1, "CNY") + Money(2, "CNY") == Money(3, "CNY")
    with pytest.raises(OptionRejected, match="CNY and EUR cannot be added"):
        Money(1, "CNY") + Money(2, "EUR")
    with pytest.raises(OptionRejected, match="ISO 4217"):
        Money(1, "yuan")


def test_places_are_iso():
    assert is_market("ID")
    assert not is_market("UK")
    assert not is_market("EU")
    assert len(market_codes()) >= 245
    assert is_currency("CNY")
    assert not is_currency("RMB")


def test_kinds_say_what_they_need_and_where_they_come_from():
    assert KINDS["shipping"].uri == "https://ref.gs1.org/cbv/BizStep-shipping"
    assert KINDS["start_up"].uri == "urn:smilecurve:kind:start_up"
    assert event_breaches("claim", frozenset({"machine"})) == ("ref", "amount")
    assert {k.status for k in KINDS.values()} - {""} <= set(STATUSES)


def test_a_gap_is_stated_only_where_a_bound_is():
    assert Proof("bound", 110, 100, "s").gap == pytest.approx(10 / 110)
    assert Proof("bound", 90, 100, "%").gap == pytest.approx(0.1)
    assert Proof("optimal", 5, 5, "stations").gap == 0
    assert Proof("bound", 0, 0, "violations").gap == 0
    assert Proof("statistical", 2, 1, "MASE").gap is None
