"""Every refusal has its sentence, and every sentence can be said."""

import inspect
import string

import pytest

from wms.core import errors
from wms.core.errors import FieldErrors, WmsError
from wms.web import sentences


def _classes() -> list[type[WmsError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, WmsError)]
    assert len(found) > 30
    return found


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_that_can_be_said_without_data(kind: type[WmsError]) -> None:
    assert kind().code in sentences.SENTENCES
    said = sentences.sentence(kind())
    assert said and "%(" not in said


def test_a_sentence_says_what_was_needed_and_what_came() -> None:
    said = sentences.sentence(errors.WrongLotScanned(needed="L123", scanned="L124"))
    assert "L123" in said and "L124" in said


def test_a_work_order_and_a_role_say_their_codes_in_words_of_their_own() -> None:
    told = {"state": "released", "event": "report", "needed": ["released", "started"]}
    own = sentences.sentence(errors.WrongState(subject="WO-1", of="work_order", **told))
    assert "WO-1 is released to the line" in own and "released to the line, started" in own
    assert "lot is released;" in sentences.sentence(errors.WrongState(subject="lot", **told))
    assert "Production" in sentences.sentence(errors.RoleNeeded(of="role", needed=["production"], found=["dock"]))
    assert sentences.word("production") == "production bin"


def test_a_code_is_said_with_what_it_is_about() -> None:
    assert sentences.word("version 3") == "version 3"
    assert sentences.word("(10) format") == "(10) its data has another form"
    assert sentences.word("contradiction (01) (02)").endswith(": (01) (02)")
    assert sentences.word("LOT 7") == "LOT 7"


def test_percent_signs_and_braces_in_data_are_plain_text() -> None:
    assert "100%(x)s{0}" in sentences.sentence(errors.BadQuantity(text="100%(x)s{0}"))


def test_a_form_with_faults_names_each_field() -> None:
    said = sentences.sentence(FieldErrors(errors={"quantity": ["bad_quantity"], "note": ["too_long"]}))
    assert "Quantity: Type a quantity" in said and "Note: This is too long. Correct" in said


def test_the_tables_are_plain_text_with_named_places() -> None:
    for text in (*sentences.SENTENCES.values(), *sentences.QUESTIONS.values()):
        assert not [part for part in string.Formatter().parse(str(text)) if part[1]], "no {} in sentences"
