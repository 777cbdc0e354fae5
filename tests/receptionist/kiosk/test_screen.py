"""What the screen does when a visitor touches and types, and when the session shows something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import pairwise

import pytest
from textual import events

from receptionist.kiosk.avatar import Emotion, Paint, Utterance
from receptionist.kiosk.avatar.speech import timeline
from receptionist.kiosk.ports import (
    MAX_TEXT,
    Button,
    Card,
    Face,
    Level,
    Line,
    Message,
    Notice,
    Phase,
    Prompt,
    View,
    Who,
)
from receptionist.kiosk.widgets.choices import ChoiceButton, pack
from receptionist.kiosk.widgets.entry import Entry
from receptionist.kiosk.widgets.touch_keys import TouchKeys, keyboard
from tests.receptionist.kiosk.screens import IDLE, QUESTION, VISIT, Kiosk, kiosk

HOSTILE = "[link=https://x]a[/link] [@click=app.quit]b[/] [bold] \x1b[31mred\x1b[0m \u202e{{7*7}}"
HARMLESS = "[link=https://x]a[/link] [@click=app.quit]b[/] [bold] [31mred[0m {{7*7}}"


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


def button(k: Kiosk, id: str) -> ChoiceButton:
    return next(b for b in k.app.query(ChoiceButton) if b.choice.id == id)


def test_what_was_said_is_on_the_screen() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            shown = k.text()
            for words in ("Good morning! Who are you", "Ada Lovelace", "10:30, room 2.14", "Yes, please"):
                assert words in shown
            assert "No sound: text mode" in shown

    run(scenario)


def test_a_typed_line_reaches_the_session_with_its_beginning_and_end() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press(*"hi", "enter")
            await k.settle()
            assert k.backend.heard == [("typing", True), ("text", "hi"), ("typing", False)]
            assert k.app.query_one(Entry).value == ""

    run(scenario)


def test_a_blank_line_is_not_sent() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press("space", "space", "enter")
            await k.settle()
            assert ("text", "") not in k.backend.heard
            assert [what for what, _ in k.backend.heard] == ["typing", "typing"]

    run(scenario)


def test_a_button_can_be_touched_and_the_line_keeps_the_focus() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            assert await k.pilot.click(button(k, "no"))
            await k.settle()
            assert k.backend.heard == [("press", "no")]
            assert isinstance(k.app.focused, Entry)

    run(scenario)


def test_a_trembling_finger_presses_once_and_a_later_press_counts() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            for _ in range(3):
                await k.pilot.click(button(k, "yes"))
            await k.pass_ms(500)
            await k.pilot.click(button(k, "yes"))
            await k.settle()
            assert k.backend.heard == [("press", "yes"), ("press", "yes")]

    run(scenario)


def test_buttons_can_be_reached_and_pressed_by_keyboard() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press("up", "left", "enter")
            await k.settle()
            assert k.backend.heard == [("press", "no")]
            assert isinstance(k.app.focused, Entry)

    run(scenario)


def test_button_ids_may_be_any_text() -> None:
    async def scenario() -> None:
        odd = "agree {name: 'Ada \"L\"'} #1 ÄÖ"
        async with kiosk(replace(VISIT, buttons=(Button(odd, "Agree"),))) as k:
            await k.pilot.click(button(k, odd))
            await k.settle()
            assert k.backend.heard == [("press", odd)]

    run(scenario)


def test_the_language_switch_reaches_the_session() -> None:
    async def scenario() -> None:
        async with kiosk(IDLE) as k:
            german = next(b for b in k.app.query(".language") if getattr(b, "code", "") == "de")
            await k.pilot.click(german)
            await k.settle()
            assert ("language", "de") in k.backend.heard

    run(scenario)


def test_the_idle_screen_invites_in_the_language_of_the_house() -> None:
    async def scenario() -> None:
        async with kiosk(IDLE) as k:
            assert all(words in k.text() for words in ("Touch the screen", "Berühren Sie", "触摸屏幕"))
            for locale, words in (
                ("de", "Berühren Sie"),
                ("zh-Hans", "触摸屏幕"),
                ("xx", "Touch the screen"),
            ):
                await k.show(replace(IDLE, locale=locale, locales=()))
                assert words in k.text()

    run(scenario)


def test_touching_the_idle_screen_wakes_it_once() -> None:
    async def scenario() -> None:
        async with kiosk(IDLE) as k:
            for _ in range(3):
                await k.pilot.click("#face")
            await k.settle()
            assert k.backend.heard == [("touch", None)]

    run(scenario)


def test_typing_on_the_idle_screen_wakes_it_and_keeps_the_letters() -> None:
    async def scenario() -> None:
        async with kiosk(IDLE) as k:
            await k.pilot.press("h")
            await k.show(replace(VISIT, lines=()))
            await k.pilot.press("i", "enter")
            await k.settle()
            assert k.backend.heard == [("touch", None), ("typing", True), ("text", "hi"), ("typing", False)]

    run(scenario)


def test_after_a_visit_nothing_of_it_is_left_on_the_screen() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press("f3", *"secret")
            await k.settle()
            assert "Ada Lovelace" in k.text()
            assert "secret" in k.text()
            await k.show(replace(VISIT, phase=Phase.IDLE))  # even if the session still had it all
            shown = k.text()
            for personal in ("Ada", "Lovelace", "Hopper", "secret", "10:30"):
                assert personal not in shown
            assert not k.app.query(".bubble")

    run(scenario)


def test_hostile_text_is_shown_literally_everywhere() -> None:
    async def scenario() -> None:
        view = replace(
            VISIT,
            title=HOSTILE,
            lines=(Line(1, Who.OTHER, HOSTILE),),
            buttons=(Button("x", "[red]No[/red]"),),
            card=Card("[b]card[/b]", HOSTILE),
            notices=(Notice(HOSTILE),),
            prompt=Prompt("[i]name[/i]"),
            messages=(Message("10:31", "[u]Grace[/u]", HOSTILE),),
            locales=(("en", "[b]E[/b]"), ("de", "D")),
        )
        async with kiosk(view, size=(200, 50)) as k:
            await k.pilot.press("f3")
            await k.settle()
            shown = k.text()
            assert shown.count(HARMLESS) == 5  # title, line, card, notice, message
            for literal in ("[red]No[/red]", "[b]card[/b]", "[i]name[/i]", "[u]Grace[/u]", "[b]E[/b]"):
                assert literal in shown
            assert "\x1b" not in shown

    run(scenario)


def test_typed_markup_is_sent_as_typed() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            k.app.post_message(events.Paste("[@click=app.quit]x[/] {{7*7}}"))
            await k.settle()
            await k.pilot.press("enter")
            await k.settle()
            assert ("text", "[@click=app.quit]x[/] {{7*7}}") in k.backend.heard

    run(scenario)


def test_a_paste_of_a_megabyte_is_cut_with_a_notice_that_goes_away() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            k.app.post_message(events.Paste("line one\nline two\x1b[2J " + "x" * 1_000_000))
            await k.settle()
            assert "too long" in k.text()
            await k.pass_ms(6000)
            assert "too long" not in k.text()
            await k.pilot.press("enter")
            await k.settle()
            sent = dict(k.backend.heard)["text"]
            assert isinstance(sent, str)
            assert sent.startswith("line one line two[2J xxx")
            assert len(sent) <= MAX_TEXT

    run(scenario)


def test_an_input_the_session_refuses_is_told_and_the_screen_goes_on() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            k.backend.fail = True
            await k.pilot.click(button(k, "yes"))
            await k.settle()
            assert "did not work" in k.text()
            k.backend.fail = False
            await k.pilot.click(button(k, "no"))
            await k.settle()
            assert k.backend.heard == [("press", "yes"), ("press", "no")]

    run(scenario)


def test_a_session_that_breaks_down_leaves_a_page_that_sends_people_to_a_human() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            k.backend.break_down()
            await k.settle()
            shown = k.text()
            assert "ring the bell" in shown
            assert "Ada" not in shown

    run(scenario)


def test_the_end_of_the_views_ends_the_screen_with_success() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            k.backend.stop()
            await k.pilot.pause()
        assert k.app.return_code == 0

    run(scenario)


def test_control_c_ends_the_screen_with_success() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press("ctrl+c")
        assert k.app.return_code == 0
        assert k.app.return_value == 0

    run(scenario)


def test_kiosk_mode_has_no_way_out_by_any_key() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    keys = [
        *(f"{chord}+{c}" for chord in ("ctrl", "alt", "ctrl+alt", "super", "ctrl+shift") for c in letters),
        *(f"{chord}f{n}" for chord in ("", "ctrl+", "alt+", "shift+") for n in range(1, 13)),
        *("escape", "ctrl+backslash", "ctrl+space", "ctrl+@", "pause", "print_screen", "menu", "ctrl+pageup"),
    ]

    async def scenario() -> None:
        async with kiosk(locked=True, developer=True) as k:
            screen = k.app.screen
            for key in keys:
                k.app.post_message(events.Key(key, None))
            await k.settle()
            assert k.app.is_running
            assert k.app.return_code is None
            assert k.app.screen is screen
            assert QUESTION.split()[0] in k.text()
            assert not k.app.query("#panel").first().display

    run(scenario)


def test_there_is_no_command_palette() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            await k.pilot.press("ctrl+p")
            await k.settle()
            assert len(k.app.screen_stack) == 1

    run(scenario)


def test_the_developer_panel_opens_only_where_it_is_enabled() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            await k.pilot.press("f2")
            await k.settle()
            assert "the visitor named a host" not in k.text()
        async with kiosk(size=(120, 36), developer=True) as k:
            await k.pilot.press("f2")
            await k.settle()
            assert "the visitor named a host" in k.text()
            assert "greeting, ask_host" in k.text()
            await k.pilot.press("f2")
            await k.settle()
            assert "the visitor named a host" not in k.text()

    run(scenario)


def test_the_front_desk_sees_the_messages_that_were_sent() -> None:
    async def scenario() -> None:
        async with kiosk(IDLE, size=(120, 36)) as k:
            await k.show(replace(IDLE, messages=VISIT.messages))
            assert "Ada" not in k.text()
            await k.pilot.press("f3")
            await k.settle()
            assert "10:31 -> Grace Hopper: Ada Lovelace is here (delivered)" in k.text()

    run(scenario)


@pytest.mark.parametrize("view", [VISIT, IDLE, View(phase=Phase.FAILED)], ids=["visit", "idle", "failed"])
def test_any_size_can_be_shown(view: View) -> None:
    async def scenario() -> None:
        async with kiosk(view, size=(400, 200), touch_keyboard=True) as k:
            for size in ((200, 60), (79, 23), (40, 12), (20, 6), (5, 3), (2, 40), (1, 1)):
                await k.pilot.resize_terminal(*size)
                k.app.tick()
            assert k.app.is_running

    run(scenario)


def test_resizing_to_nothing_and_back_keeps_the_conversation() -> None:
    async def scenario() -> None:
        async with kiosk(paint=Paint.TRUE) as k:
            for size in ((1, 1), (3, 50), (120, 4), (100, 30)):
                await k.pilot.resize_terminal(*size)
                await k.settle()
            assert "Ada Lovelace" in k.text()
            assert "Yes, please" in k.text()

    run(scenario)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_questions_and_all_answers_are_legible_at_common_sizes(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        hosts = tuple(Button(str(i), f"Dr. Wilhelmina Longname-{i}") for i in range(5))
        async with kiosk(replace(VISIT, buttons=hosts), size=size) as k:
            shown = " ".join(k.text().split())
            assert "you are here?" in shown
            assert all(f"Longname-{i}" in shown for i in range(5))
            assert "Type here" in shown

    run(scenario)


def test_buttons_are_packed_in_order_and_as_wide_as_their_labels_need() -> None:
    buttons = tuple(Button(str(i), "x" * n) for i, n in enumerate((4, 4, 30, 4)))
    rows = pack(buttons, 50)
    assert [b for row in rows for b in row] == list(buttons)
    assert [len(row) for row in rows] == [2, 1, 1]


def test_new_lines_come_into_sight_and_old_ones_can_be_looked_up() -> None:
    async def scenario() -> None:
        lines = tuple(Line(i, Who.SELF, f"line number {i}") for i in range(60))
        async with kiosk(replace(VISIT, lines=lines, card=None)) as k:
            assert "line number 59" in k.text()
            await k.pilot.press("pageup", "pageup")
            await k.settle()
            assert "line number 59" not in k.text()
            more = (*lines, Line(60, Who.OTHER, "line number 60"))
            await k.show(replace(VISIT, lines=more, card=None))
            assert "line number 60" in k.text()

    run(scenario)


def test_the_voice_is_followed_by_the_subtitle() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            await k.pass_ms(900)
            strips = k.app.screen._compositor.render_strips()
            styled = [
                (segment.text, segment.style)
                for strip in strips
                for segment in strip
                if segment.style and segment.text.strip() and segment.text.strip() in QUESTION
            ]
            timing = timeline(Utterance(1, QUESTION))
            _, start, end = timing.words[timing.word_at(900)]
            assert [text for text, style in styled if style.underline] == [QUESTION[start:end]]
            said = next(style.color for text, style in styled if text.startswith("I have"))
            unsaid = next(style.color for text, style in styled if "are here?" in text)
            assert said != unsaid
            await k.pass_ms(60_000)
            assert all(
                not segment.style.underline
                for strip in k.app.screen._compositor.render_strips()
                for segment in strip
                if segment.style and "visit" in segment.text
            )

    run(scenario)


def test_the_face_moves_only_with_the_clock() -> None:
    async def scenario() -> None:
        async with kiosk(paint=Paint.TRUE) as k:
            before = k.app._picture._frame
            await asyncio.sleep(0.2)
            assert k.app._picture._frame is before
            await k.pass_ms(400)
            assert k.app._picture._frame is not before

    run(scenario)


def test_an_error_notice_stands_out() -> None:
    async def scenario() -> None:
        async with kiosk(replace(VISIT, notices=(Notice("no disk", Level.ERROR),))) as k:
            assert k.app.query_one("#notices").has_class("error")

    run(scenario)


def test_a_slow_session_does_not_block_the_screen() -> None:
    async def scenario() -> None:
        async with kiosk(size=(120, 36)) as k:
            gate = asyncio.Event()

            async def slow(button_id: str) -> None:
                await gate.wait()

            k.backend.press = slow  # type: ignore[method-assign]
            for i in range(100):
                k.clock.pass_ms(1000)
                k.app.on_choices_chosen(_Chosen(f"b{i}"))  # type: ignore[arg-type]
            await k.settle()
            assert "did not work" in k.text()
            await k.show(replace(VISIT, lines=(Line(9, Who.SELF, "still here"),)))
            assert "still here" in k.text()
            gate.set()

    run(scenario)


class _Chosen:
    def __init__(self, id: str) -> None:
        self.id = id


def test_the_touch_keyboard_appears_when_typing_is_asked_for_and_types() -> None:
    async def scenario() -> None:
        asked = replace(VISIT, locale="de", prompt=Prompt("Ihr Name", keyboard=True))
        async with kiosk(asked, touch_keyboard=True) as k:
            keys = k.app.query_one(TouchKeys)
            assert keys.display

            async def touch(*actions: str) -> None:
                for action in actions:
                    rows = keyboard("de", keys.size.width, shifted=keys._shifted)
                    y, key = next(
                        (y, key) for y, row in enumerate(rows) for key in row if key.action == action
                    )
                    await k.pilot.click(TouchKeys, offset=(key.start, y))

            await touch("Ö", "z", "x", "backspace", "enter")
            await k.settle()
            assert ("text", "Öz") in k.backend.heard
            await k.show(replace(asked, prompt=Prompt()))
            assert not keys.display

    run(scenario)


@pytest.mark.parametrize("locale", ["en", "de", "zh"])
@pytest.mark.parametrize("width", [1, 40, 78, 300])
def test_keyboard_keys_cover_the_width_without_overlap(locale: str, width: int) -> None:
    for row in keyboard(locale, width, shifted=False):
        assert row[0].start == 0
        assert row[-1].end == width
        assert all(a.end == b.start for a, b in pairwise(row))
    actions = {key.action for row in keyboard(locale, width, shifted=False) for key in row}
    assert set("abcdefghijklmnopqrstuvwxyz-") <= actions
    assert locale != "de" or set("äöüß") <= actions


def test_no_color_leaves_no_colour_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario() -> None:
        async with kiosk() as k:
            colours = {
                colour.name
                for strip in k.app.screen._compositor.render_strips()
                for segment in strip.apply_filter(k.app._filters[-1], k.app.screen.background_colors[1])
                if segment.style
                for colour in (segment.style.color, segment.style.bgcolor)
                if colour
            }
            assert colours <= {"default"}

    run(scenario)


def test_a_sad_face_stands_on_the_failed_page() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            k.backend.break_down()
            await k.settle()
            assert k.app._face.emotion is Emotion.SAD

    run(scenario)


def test_a_view_that_comes_while_the_screen_closes_is_harmless() -> None:
    async def scenario() -> None:
        async with kiosk() as k:
            for i in range(20):
                k.backend.show(replace(VISIT, face=Face(gesture_seq=i)))
            await k.pilot.press("ctrl+c")
        assert k.app.return_code == 0

    run(scenario)
