import pytest

from risk.intake import file_errors
from risk.locale import LANGUAGES, catalogue

CODES = [
    kind.code
    for kind in vars(file_errors).values()
    if isinstance(kind, type) and issubclass(kind, file_errors.IntakeFailure)
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_file_errors_have_distinct_messages_with_the_file(language):
    assert len(set(CODES)) == len(CODES)
    for code in CODES:
        assert "{file}" in catalogue(language)[f"errors.{code}"]


def test_problems_have_texts_in_both_languages():
    keys = [
        {key for key in catalogue(language) if key.startswith("intake.")} for language in LANGUAGES
    ]
    assert keys[0] == keys[1]
