"""What a theme's files are called, and when its zip is asked for again."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.themes import (
    AGAIN,
    Shown,
    Taken,
    Theme,
    is_same_json,
    must_download,
    read_shown,
    said_of,
    settings_text,
    stems,
)

UUID = "872b3e20-731f-0136-9d2f-633ff0d6ced1"
THEME = Theme(UUID, "Cornerstone", '{"name":"Cornerstone"}')


@given(st.text(max_size=300))
def test_whatever_a_theme_is_called_its_files_have_one_plain_name(name: str) -> None:
    """Not hidden, no step of a path, short, text that every disk takes, told apart by the uuid."""
    (stem,) = stems([replace(THEME, name=name)]).values()
    assert stem.endswith("-872b3e20")
    assert not stem.startswith((".", "-"))
    assert not set(stem) & set('/\\:*?"<>|\0\n\r\t ')
    assert len(stem.encode()) < 100


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Cornerstone (1)", "Cornerstone-1-872b3e20"),
        ("../../etc/passwd", "etc-passwd-872b3e20"),
        ("Été 2026", "Été-2026-872b3e20"),
        ("", "theme-872b3e20"),
        ("///", "theme-872b3e20"),
    ],
)
def test_a_name_stays_readable(name: str, stem: str) -> None:
    """As far as it can."""
    assert stems([replace(THEME, name=name)]) == {UUID: stem}


def test_two_uuids_that_begin_alike_are_written_out() -> None:
    """Two themes never share a name."""
    other = replace(THEME, uuid="872B3E20-0000")
    assert stems([THEME, other]) == {
        UUID: f"Cornerstone-{UUID}",
        other.uuid: f"Cornerstone-{other.uuid}",
    }


def test_a_zip_is_asked_for_when_something_is_said_anew_or_a_week_is_over() -> None:
    """Nobody asked yet, the list says another thing, the channel shows another version, time."""
    shown = Shown(UUID, (), '{"active_theme_version_uuid":"1"}')
    said = said_of(THEME, [shown])
    last = Taken(1000.0, said)
    assert not must_download(last, said, 1000.0 + AGAIN - 1)
    newer = [
        said_of(replace(THEME, text='{"updated_at":"now"}'), [shown]),
        said_of(THEME, [replace(shown, text='{"active_theme_version_uuid":"2"}')]),
        said_of(THEME, []),
    ]
    assert [must_download(last, one, 1001.0) for one in newer] == [True] * 3
    assert said_of(THEME, [shown, replace(shown, theme="another")]) == said
    assert must_download(None, said, 1001.0)
    assert must_download(last, said, 1000.0 + AGAIN)
    assert must_download(last, said, 999.0)


def test_settings_are_one_line_each_and_in_one_order() -> None:
    """Whatever order they come in, and each once."""
    own = '{"uuid":"b","x":1.50}'
    text = settings_text([("b", own), ("a", '{"uuid":"a"}'), ("b", own)])
    assert text == '[\n{"uuid":"a"},\n{"uuid":"b","x":1.50}\n]\n'
    assert json.loads(settings_text([])) == []


def test_the_same_settings_in_another_order_are_the_same() -> None:
    """And a damaged file is not the same as anything."""
    assert is_same_json('[{"a":1,"b":2}]', '[{"b": 2, "a": 1}]')
    assert not is_same_json('[{"a":1}]', '[{"a":2}]')
    assert not is_same_json("[", "[")


def test_a_channel_of_the_old_kind_shows_no_theme() -> None:
    """Nor one whose uuid would lead elsewhere."""
    assert read_shown({}) is None
    assert read_shown({"active_theme_uuid": "../x"}) is None
    assert read_shown({"active_theme_uuid": None}) is None
