import pytest

from risk.intake import file_errors
from risk.locale import LANGUAGES, catalogue

CODES = [
    kind.code
    for kind in vars(file_errors).values()
    if isinstance(kind, type) and issubclass(kind, file_errors.IntakeFailure)
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_has_its_own_wording_and_names_the_file(language):
    assert len(set(CODES)) == len(CODES)
    for code in CODES:
        assert "{file}" in catalogue(language)[f"errors.{code}"]


def test_both_languages_word_the_same_problems():
    keys = [
        {key for key in catalogue(language) if key.startswith("intake.")} for language in LANGUAGES
    ]
    assert keys[0] == keys[1]
