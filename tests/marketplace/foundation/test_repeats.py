"""The same command twice: one effect, one answer."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from marketplace.foundation import clock, repeats
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer, KeyReusedForAnother


def test_the_second_time_gets_the_answer_of_the_first(session: Session) -> None:
    command = uuid4()
    known = {"principal": "p", "command_id": command, "route": "/jobs", "body": b"x", "now": clock.now()}
    assert repeats.claim(session, **known) is None  # type: ignore[arg-type]
    repeats.keep(session, principal="p", command_id=command, answer=Answer(201, {"job": "1"}))
    assert repeats.claim(session, **known) == Answer(201, {"job": "1"})  # type: ignore[arg-type]
    assert repeats.claim(session, **{**known, "principal": "q"}) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", [{"body": b"y"}, {"route": "/wallet"}])
def test_the_same_id_for_something_else_is_refused(session: Session, changed: dict[str, object]) -> None:
    known: dict[str, object] = {
        "principal": "p",
        "command_id": uuid4(),
        "route": "/jobs",
        "body": b"x",
        "now": clock.now(),
    }
    repeats.claim(session, **known)  # type: ignore[arg-type]
    with pytest.raises(KeyReusedForAnother):
        repeats.claim(session, **(known | changed))  # type: ignore[arg-type]


@pytest.mark.usefixtures("database")
def test_twenty_at_once_have_one_effect() -> None:
    command, effects = uuid4(), []

    def once(n: int) -> Answer:
        with transaction() as session:
            found = repeats.claim(session, principal="p", command_id=command, route="/", body=b"", now=clock.now())
            if found:
                return found
            effects.append(n)
            answer = Answer(201, {"by": n})
            repeats.keep(session, principal="p", command_id=command, answer=answer)
            return answer

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(once, range(20)))
    assert len(effects) == 1
    assert set(map(str, answers)) == {str(Answer(201, {"by": effects[0]}))}
