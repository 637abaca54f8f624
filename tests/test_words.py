"""Folding of texts: what is kept and what is asked must come out alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words import fold, searchable


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Graphite", "graphite"),
        ("GRÁPHITE", "graphite"),
        ("Straße", "strasse"),
        ("São Tomé", "sao tome"),
        ("ﬁne", "fine"),
    ],
)
def test_case_and_accents_are_folded(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Khattali-Chhoti (Part B)", " khattali chhoti part b "),
        ("IN-OD", " in od "),
        ("rare_earth", " rare earth "),
        ("  two  blanks ", " two blanks "),
        ("G4/G3,CL", " g4 g3 cl "),
        ("no. 12", " no 12 "),
        ("", "  "),
        ("…–()", "  "),
    ],
)
def test_words_stand_between_single_spaces(text, kept):
    assert searchable(text) == kept


def test_indian_scripts_keep_whole_words():
    assert len(searchable("ओडिशा ग्रेफाइट").split()) == 2


@given(st.text(max_size=60))
def test_what_is_folded_stays_so(text):
    assert searchable(searchable(text)) == searchable(text)
    assert searchable(text).split() == searchable(text.upper()).split() or not text.isascii()


@given(st.text(max_size=40), st.text(max_size=40))
def test_texts_are_searched_word_by_word(left, right):
    assert searchable(f"{left} {right}").split() == searchable(left).split() + searchable(right).split()
