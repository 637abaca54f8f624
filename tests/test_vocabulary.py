"""The words that filters may use: what is in use, read once for each revision."""

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.queries import vocabulary
from app.queries.vocabulary import Edition, get_edition, get_vocabulary, read_vocabulary


def test_short_lists_hold_what_is_in_use(catalogue):
    choices = read_vocabulary(catalogue, get_edition(catalogue)).choices
    assert set(choices["blocks", "concession"]) == {"CL", "EL", "ML"}
    for (collection_id, name), values in choices.items():
        table = COLLECTIONS[collection_id].table.name
        value = "unnest(tranches)" if name == "tranches" else name
        found = catalogue.scalars(text(f"SELECT DISTINCT {value} FROM {table}"))
        assert set(values) == {value for value in found if value is not None}, (collection_id, name)
        assert len(values) == len(set(values))
    assert choices["blocks", "tranches"] and ("ports", "stage") not in choices


def test_many_who_ask_at_once_read_it_once(catalogue_report, catalogue_engine, monkeypatch):
    monkeypatch.setattr(vocabulary, "_read", type(vocabulary._read)())
    real, read = vocabulary.read_vocabulary, []

    def slow(session, edition):
        read.append(edition)
        time.sleep(0.2)
        return real(session, edition)

    monkeypatch.setattr(vocabulary, "read_vocabulary", slow)
    found = []

    def ask():
        with Session(catalogue_engine) as session:
            found.append(get_vocabulary(session))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(read) == 1 and len(found) == 8 and len(set(map(id, found))) == 1


def test_one_that_fails_or_hangs_does_not_stop_the_others(catalogue_report, catalogue_engine, monkeypatch):
    monkeypatch.setattr(vocabulary, "_read", type(vocabulary._read)())
    monkeypatch.setattr(vocabulary, "_LONGEST_WAIT_SECONDS", 0.05)
    real = vocabulary.read_vocabulary
    monkeypatch.setattr(vocabulary, "read_vocabulary", lambda *_: 1 / 0)
    with Session(catalogue_engine) as session, pytest.raises(ZeroDivisionError):
        get_vocabulary(session)
    monkeypatch.setattr(vocabulary, "read_vocabulary", real)
    with vocabulary._read_lock, Session(catalogue_engine) as session:
        assert isinstance(get_vocabulary(session).edition, Edition)
