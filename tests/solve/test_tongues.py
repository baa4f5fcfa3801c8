"""The language of a short complaint is found, with sentences none of which the profiles were learnt from."""

from __future__ import annotations

import pytest

from smilecurve.solve.tongues import find_tongues

TEXTS = {
    "en": ["Clutch slips when climbing", "Paint peels off after one winter", "Remote control lost its pairing again",
           "Manual is missing pages", "I love this tiller", "Display frozen since Monday"],
    "fr": ["L'embrayage patine en montée", "La peinture s'écaille après un hiver", "La télécommande a perdu la liaison",
           "Il manque des pages au manuel", "J'adore ce motoculteur", "Affichage figé depuis lundi"],
    "es": ["El embrague resbala en las subidas", "La pintura se descascara tras un invierno", "El mando perdió la conexión",
           "Faltan páginas en el manual", "Me encanta esta motoazada", "Pantalla congelada desde el lunes"],
    "zh": ["挖土时铲斗掉了", "二挡变速箱响", "插上水壶就跳闸 EU22i"],
    "ru": ["Ковш отвалился во время работы", "Коробка скрежещет на второй", "Всё ещё жду мастера"],
    "ar": ["سقطت الجرافة أثناء الحفر", "صوت غريب في علبة التروس", "ما زلت أنتظر الفني"],
    "other": ["", "12345 / 88", "Екскаватор не працює їй", "???"],
    "ja": ["エンジンがかかりません"],
    "ko": ["시동이 걸리지 않습니다"],
}  # fmt: skip


@pytest.mark.parametrize("tongue", ["zh", "ru", "ar", "ja", "ko", "other"])
def test_a_script_tells(tongue):
    assert find_tongues(TEXTS[tongue]) == [tongue] * len(TEXTS[tongue])


def test_short_sentences_in_one_alphabet_are_told_apart():
    """Of sentences of three to seven words, none met by the profiles, none is mistaken and few are left open."""
    told = [(t, found) for t in ("en", "fr", "es") for found in find_tongues(TEXTS[t])]
    assert all(found in (t, "other") for t, found in told)
    assert sum(t == found for t, found in told) >= 0.85 * len(told)


def test_a_neighbouring_language_is_not_taken_for_one_we_speak():
    others = ["Die Schaufel ist beim Graben abgefallen", "A concha caiu enquanto eu trabalhava na obra ontem",
              "Il manico si è rotto dopo due giorni e nessuno risponde", "Alat ini rusak sejak kemarin dan belum diperbaiki"]  # fmt: skip
    assert find_tongues(others) == ["de", "pt", "it", "id"]
