"""Messages as HTML and as text: word for word for a few, and for any message whatever: nothing lost, nothing unescaped."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import spoken, target
from bot.render.html import message_html
from bot.render.text import line_text, numbered, pick, plain
from core.i18n import translator
from core.message import Card, Choice, Field, FieldKind, Message

t, t_es = translator("en"), translator("es")
PAGES = {"home.records": "/v/h/records"}
SETS = Message(
    text="Hi Ada, slope: you planned 3 practice sets. How many are done?",
    choices=tuple(Choice(label=str(count), value=str(count)) for count in range(4)),
    extras=(Choice(label="Skip", value="skip"),),
    scale=True,
    reads="Ms Rivera sees this",
)
ASK = Message(
    text="Send this to Ms Rivera (Algebra)?",
    quote="im so lost on <negative> slope",
    choices=(Choice(label="Send", value="send"), Choice(label="Edit", value="edit")),
)
FACES = Message(
    text="How are you today?",
    choices=(Choice(label="🙂", value="4", spoken="good"), Choice(label="🙁", value="2", spoken="not so good")),
    scale=True,
    reads="Only you",
)
CARE = Message(
    text="Please reach out now.",
    cards=(Card(title="Who helps now", lines=(("988 Lifeline", "988"), ("Text line", "741741"))),),
    choices=(
        Choice(label="Call 988", opens="tel:988", spoken="988 Lifeline"),
        Choice(label="Your records", opens="home.records"),
        Choice(label="Website", opens="https://988lifeline.org"),
    ),
    care=True,
)
PROGRESS = Message(
    text="This is how far you are.", cards=(Card(title="Slope", lines=(("By", "Fri 4 Dec"), ("Next step", "set 3")), done=2, planned=3),)
)
DAY = Message(text="Slope: by when?", field=Field(label="Another day", kind=FieldKind.DAY, filled="2026-12-04"))


def html(message: Message, *, live: bool = True) -> str:
    return str(message_html(message, t, PAGES.get, place="12.0", live=live))


def text(*messages: Message) -> str:
    return line_text(messages, t, PAGES.get)


# Word for word


def test_a_scale_in_html_is_one_group_named_by_its_question() -> None:
    assert html(SETS) == (
        '<div class="ours" data-reads="Ms Rivera sees this">'
        '<p id="m-12-0">Hi Ada, slope: you planned 3 practice sets. How many are done?</p>'
        '<div class="choices scale" role="group" aria-labelledby="m-12-0">'
        '<button form="say" name="choice" value="12.0.0">0</button><button form="say" name="choice" value="12.0.1">1</button>'
        '<button form="say" name="choice" value="12.0.2">2</button><button form="say" name="choice" value="12.0.3">3</button>'
        '<button form="say" name="choice" value="12.0.4">Skip</button></div><p class="hidden">Ms Rivera sees this</p></div>'
    )


def test_words_of_a_person_are_set_apart_and_escaped() -> None:
    assert html(ASK) == (
        '<div class="ours"><p id="m-12-0">Send this to Ms Rivera (Algebra)?</p>'
        '<blockquote dir="auto">im so lost on &lt;negative&gt; slope</blockquote>'
        '<div class="choices" role="group" aria-labelledby="m-12-0"><button form="say" name="choice" value="12.0.0">Send</button>'
        '<button form="say" name="choice" value="12.0.1">Edit</button></div></div>'
    )


def test_what_was_answered_is_shown_and_not_read_aloud_again() -> None:
    assert html(ASK, live=False).endswith(
        '<div class="choices past"><span aria-hidden="true">Send</span><span aria-hidden="true">Edit</span></div></div>'
    )
    assert "data-reads" not in html(SETS, live=False)


def test_a_sign_is_spoken() -> None:
    assert '<button form="say" name="choice" value="12.0.0" aria-label="good">🙂</button>' in html(FACES)


def test_who_helps_now_can_be_called_for_ever() -> None:
    for live in (True, False):
        page = html(CARE, live=live)
        assert '<div class="ours care">' in page and "About safety" in page
        assert '<a class="button" href="tel:988" aria-label="Call 988, 988 Lifeline">Call 988</a>' in page
        assert '<a class="button" href="/v/h/records">Your records</a>' in page
        assert '<a class="button" href="https://988lifeline.org" target="_blank" rel="noopener noreferrer">Website</a>' in page
        assert "<div><dt>988 Lifeline</dt><dd>988</dd></div>" in page


def test_a_bar_says_its_numbers() -> None:
    assert '<p>2 of 3</p><progress aria-label="Slope: 2 of 3" value="2" max="3"></progress>' in html(PROGRESS)


def test_a_day_can_be_picked() -> None:
    assert html(DAY).endswith(
        '<div class="row day"><label for="d-12-0">Another day</label>'
        '<input type="date" id="d-12-0" form="say" name="day" value="2026-12-04">'
        '<button form="say" name="use" value="day">Choose this day</button></div></div>'
    )
    assert "<input" not in html(DAY, live=False)


def test_the_same_in_letters_alone() -> None:
    assert text(SETS) == (
        "Hi Ada, slope: you planned 3 practice sets. How many are done?\n[0]  [1]  [2]  [3]  [Skip]\n(Ms Rivera sees this)"
    )
    assert text(ASK) == "Send this to Ms Rivera (Algebra)?\n“im so lost on <negative> slope”\n[1] Send\n[2] Edit"
    assert text(FACES) == "How are you today?\n[1] 🙂 (good)  [2] 🙁 (not so good)\n(Only you)"
    assert text(CARE) == (
        "About safety:\nPlease reach out now.\nWho helps now\n  988 Lifeline: 988\n  Text line:    741741\n"
        "[1] Call 988 (988 Lifeline): tel:988\n[2] Your records: /v/h/records\n[3] Website: https://988lifeline.org"
    )
    assert text(PROGRESS) == "This is how far you are.\nSlope\n  By:        Fri 4 Dec\n  Next step: set 3\n  2 of 3"
    assert text(DAY) == "Slope: by when?\nAnother day: “2026-12-04” (a day, such as 2026-12-04)"
    assert line_text((PROGRESS,), t_es, PAGES.get).endswith("2 de 3")


def test_numbers_run_on_through_a_line() -> None:
    assert text(ASK, FACES) == (
        "Send this to Ms Rivera (Algebra)?\n“im so lost on <negative> slope”\n[1] Send\n[2] Edit\n\n"
        "How are you today?\n[3] 🙂 (good)  [4] 🙁 (not so good)\n(Only you)"
    )


# What is picked


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("1", "Send"),
        (" 2 ", "Edit"),
        ("send", "Send"),
        ("EDIT", "Edit"),
        ("3", None),
        ("send it", None),
        ("", None),
        ("-1", None),
        ("²", None),
    ],
)
def test_a_number_or_a_label_picks_a_button(typed: str, label: str | None) -> None:
    found = pick(typed, numbered([ASK]))
    assert (found.choice.label if found else None) == label


def test_where_choices_are_numbers_a_number_means_itself() -> None:
    buttons = numbered([SETS])
    assert [found.place if (found := pick(typed, buttons)) else None for typed in ("0", "2", "4", "skip")] == ["0.0", "0.2", None, "0.4"]


# Where a button may lead


@pytest.mark.parametrize(
    ("opens", "leads_to"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("tel:+15551234", "tel:+15551234"),
        ("sms:741741", "sms:741741"),
        ("home.records", "/v/h/records"),
        ("no.such_page", None),
        ("javascript:alert(1)", None),
        ("JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://example.org", None),
    ],
)
def test_only_safe_addresses_are_opened(opens: str, leads_to: str | None) -> None:
    choice = Choice(label="Open", opens=opens)
    assert target(choice, PAGES.get) == leads_to
    assert ("href" in html(Message(text="Hi.", choices=(choice,)))) == (leads_to is not None)


@pytest.mark.parametrize(
    ("label", "says", "read"), [("😄", "very good", "very good"), ("Call 988", "Lifeline", "Call 988, Lifeline"), ("Yes", None, "Yes")]
)
def test_what_is_seen_begins_what_is_spoken(label: str, says: str | None, read: str) -> None:
    assert spoken(Choice(label=label, spoken=says)) == read


# Any message whatever

MARKER = "Zq7"
"""Stands in every drawn text, so that what is lost is missed."""

sentences = st.builds(
    lambda before, after: f"{before}{MARKER}{after}",
    st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", "<b>", '"', "&amp;", "'>", "\x1b[2J"]),
)
choices = st.builds(
    Choice,
    label=st.one_of(sentences, st.sampled_from(["0", "1", "2", "😄", "007", "٣"])),
    value=st.text(max_size=3),
    spoken=st.none() | sentences,
    opens=st.none() | st.sampled_from(["https://example.org/<", "home.records", "javascript:x", 'tel:1"']),
)
cards = st.builds(
    Card,
    title=sentences,
    lines=st.lists(st.tuples(sentences, sentences), max_size=3).map(tuple),
    done=st.none() | st.integers(0, 9),
    planned=st.none() | st.integers(0, 9),
)
messages = st.builds(
    Message,
    text=sentences,
    quote=st.none() | sentences,
    choices=st.lists(choices, max_size=5).map(tuple),
    extras=st.lists(choices, max_size=2).map(tuple),
    scale=st.booleans(),
    field=st.none() | st.builds(Field, label=sentences, kind=st.sampled_from(FieldKind), filled=sentences),
    cards=st.lists(cards, max_size=2).map(tuple),
    reads=st.none() | sentences,
    care=st.booleans(),
)


class Page(HTMLParser):
    """What a browser would make of it: tags, attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "what was opened last is closed first"

    def handle_data(self, data: str) -> None:
        self.said += data


OURS = {"div", "p", "strong", "blockquote", "dl", "dt", "dd", "progress", "button", "a", "span", "label", "input"}


@given(messages, st.booleans())
def test_any_message_is_whole_and_escaped_in_html(message: Message, live: bool) -> None:
    page = Page(html(message, live=live))
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= OURS
    assert message.text in page.said and (message.quote or "") in page.said
    assert page.said.count(MARKER) >= sum(MARKER in one for one in (message.text, message.quote or "", message.reads or ""))
    pressed = [facts["value"] for tag, facts in page.tags if tag == "button" and facts["name"] == "choice"]
    wanted = [f"12.0.{place}" for place, button in enumerate(message.buttons) if button.opens is None]
    assert pressed == (wanted if live else [])
    links = [facts["href"] for tag, facts in page.tags if tag == "a"]
    assert all(href and href.startswith(("https://", "tel:", "/v/h/")) for href in links)
    assert len(links) == sum(button.opens not in (None, "javascript:x") for button in message.buttons)


@given(st.lists(messages, min_size=1, max_size=3))
def test_any_line_is_whole_in_text_and_every_button_can_be_picked(line: list[Message]) -> None:
    shown = text(*line)
    assert not {"\x1b", "\x00", "\u202e"} & set(shown)
    for message in line:
        said = [message.text, message.quote, message.reads, *(button.label for button in message.buttons)]
        assert all(plain(one) in shown for one in said if one)
    for one in (buttons := numbered(line)):
        typed = str(one.number) if one.number is not None else one.choice.label
        assert pick(typed, buttons) is one
    assert [one.place for one in buttons] == [f"{at}.{place}" for at, message in enumerate(line) for place in range(len(message.buttons))]
