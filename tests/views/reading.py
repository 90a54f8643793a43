"""Read an answer as a person does: the words of a page, or of one of its elements."""

import re
from html.parser import HTMLParser

HTMX = {"HX-Request": "true"}
VOID = {"input", "meta", "link", "br", "hr", "img", "rect", "path", "circle", "use", "line", "polyline", "polygon"}


class _Words(HTMLParser):
    def __init__(self, element_id: str) -> None:
        super().__init__()
        self.wanted, self.depth, self.words, self.is_there = element_id, 0, [], not element_id

    def handle_starttag(self, tag, attributes) -> None:
        if tag in VOID:
            return
        if self.depth:
            self.depth += 1
        elif not self.wanted or dict(attributes).get("id") == self.wanted:
            self.depth, self.is_there = 1, True

    def handle_endtag(self, tag) -> None:
        if self.depth and tag not in VOID:
            self.depth -= 1

    def handle_data(self, data) -> None:
        if self.depth:
            self.words.append(data)


def html_of(answer) -> str:
    return answer.content.decode()


def words_of(answer, element_id: str = "") -> str:
    """The text of the answer, or of its element with this id, in one line; fails when there is no such element."""
    reader = _Words(element_id)
    reader.feed(html_of(answer))
    assert reader.is_there, f"nothing has the id {element_id}"
    return " ".join(" ".join(reader.words).split())


def has(answer, element_id: str) -> bool:
    return f' id="{element_id}"' in html_of(answer)


def value_of(answer, field: str) -> str:
    """The value in the input of this name."""
    tag = re.search(rf'<input[^>]*\bname="{re.escape(field)}"[^>]*>', html_of(answer))
    assert tag, f"no input {field}"
    value = re.search(r'\bvalue="([^"]*)"', tag[0])
    return value[1] if value else ""


def choice_of(answer, field: str) -> str:
    """The value of the selected option in the select of this name."""
    select = re.search(rf'<select[^>]*\bname="{re.escape(field)}".*?</select>', html_of(answer), re.DOTALL)
    assert select, f"no select {field}"
    chosen = re.search(r'<option value="([^"]*)" selected', select[0])
    return chosen[1] if chosen else ""


def error_at(answer, field_id: str) -> str:
    """The words of the complaint beside the field with this id."""
    return words_of(answer, f"{field_id}_error")


def version_of(answer) -> str:
    return re.search(r'"X-Version": "(\w+)"', html_of(answer))[1]


def poll(client, address: str, version: str):
    return client.get(address, headers=HTMX | {"X-Version": version})


class Links(HTMLParser):
    """The ids of a page, its links, and what stands in its main part."""

    def __init__(self, answer) -> None:
        super().__init__()
        self.ids, self.links, self.main_links, self.is_main = [], [], [], False
        self.feed(answer.content.decode())

    def handle_starttag(self, tag, attributes) -> None:
        facts = dict(attributes)
        self.is_main = self.is_main or tag == "main"
        if "id" in facts:
            self.ids.append(facts["id"])
        if tag == "a" and "href" in facts:
            self.links.append(facts["href"])
            if self.is_main:
                self.main_links.append(facts["href"])

    def handle_endtag(self, tag) -> None:
        self.is_main = self.is_main and tag != "main"

    def explained(self, *, main: bool) -> set[str]:
        """The paragraphs of the guide that the page leads to."""
        links = self.main_links if main else self.links
        return {link.partition("#")[2] for link in links if link.startswith("/guide/") and "#" in link}
