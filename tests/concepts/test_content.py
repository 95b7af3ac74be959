"""The long texts: every link can be opened, every part of a text is there."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.processes import ROOT
from ui.concepts.texts import sections

TEXTS = sorted((ROOT / "content").rglob("*.md"))
LINK = re.compile(r"\]\(([^)\s]*)\)")
FIELDS = ("language", "vision", "speech", "recommendation", "finance")


def links(text: str) -> list[str]:
    return LINK.findall(text)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_link_is_https_and_well_formed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("](") == len(links(text)), "a link without an address, or with a space in it"
    for link in links(text):
        parts = urlsplit(link)
        assert parts.scheme == "https" and "." in (parts.hostname or ""), link
        assert re.fullmatch(r"[\w.~:/?#\[\]@!$&'*+,;=%-]+", link), link
    assert "http://" not in text


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_an_arxiv_link_leads_to_the_paper_that_it_names(path: Path) -> None:
    for named, linked in re.findall(r"\[arXiv ([\d.]+)\]\((\S+?)\)", path.read_text(encoding="utf-8")):
        assert linked == f"https://arxiv.org/abs/{named}"


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_says_what_works_what_it_needs_what_goes_wrong_and_has_a_real_case_with_its_source(
    field: str,
) -> None:
    parts = sections(f"field-{field}")
    assert [title for title, _text in parts] == ["What works", "What it needs", "What goes wrong", "A real one"]
    assert all(text for _title, text in parts)
    assert links(parts[2][1]) and links(parts[3][1])


@pytest.mark.parametrize(("text", "parts"), [("trends", 3), ("risks", 4), ("questions", 7)])
def test_a_text_in_parts_has_as_many_as_the_page_shows(text: str, parts: int) -> None:
    assert len(sections(text)) == parts


@pytest.mark.parametrize("text", ["trends", "risks"])
def test_each_trend_and_each_risk_has_a_source(text: str) -> None:
    for title, body in sections(text):
        assert links(body), title


def test_every_resource_has_a_link() -> None:
    lines = [
        line
        for line in (ROOT / "content/en/resources.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("- ")
    ]
    assert len(lines) > 10 and all(links(line) for line in lines)
