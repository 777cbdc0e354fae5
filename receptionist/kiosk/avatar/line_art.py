"""The face drawn with plain letters: without colour, without Unicode, and in very small places."""

from __future__ import annotations

from receptionist.kiosk.avatar.pose import Pose

WIDTH, HEIGHT = 21, 11
_SMALL = 5


def drawing(still: Pose, columns: int, rows: int) -> list[str]:
    """Return the pose as ``rows`` lines of ``columns`` ASCII letters, in the middle of the place."""
    if columns <= 0 or rows <= 0:
        return []
    if columns >= WIDTH and rows >= HEIGHT:
        picture = _portrait(still)
    elif columns >= _SMALL:
        picture = [f"({_eye(still, left=True)[1]}{_small_mouth(still)}{_eye(still, left=False)[1]})"]
    else:
        picture = [_small_mouth(still)]
    # One offset for all lines, so that the picture does not fall apart when it moves.
    width = max(map(len, picture))
    shift = max(0, min(columns - width, (columns - width) // 2 + round((still.x + still.turn) / 12)))
    drop = max(0, min(rows - len(picture), (rows - len(picture)) // 2 + round(still.y / 12)))
    lines = [""] * drop + [" " * shift + line for line in picture]
    lines += [""] * (rows - len(lines))
    return [line[:columns].ljust(columns) for line in lines[:rows]]


def _portrait(still: Pose) -> list[str]:
    left, right = _eye(still, True), _eye(still, False)
    upper, lower = _mouth(still)
    hand = _hand(still)
    mark = _mark(still)
    light = ".oO@"[still.light]
    return [
        f"     .-'''''''-.  {mark[0]}",
        f"   .'  _.----._ '.{mark[1]}",
        f"  /  .'        '. \\{mark[2]}",
        f"  | / {_brow(still, True)}   {_brow(still, False)} \\ | ",
        f" {light}| | {left}   {right} | |{light}",
        "  | |     >     | | ",
        f"  | | {upper:^9} | | ",
        f"  | '.{lower:^9}.' | ",
        f"{hand[0]} '._ '._____.' _.' {hand[3]}",
        f"{hand[1]}  .-'\\ \\^/ /'-.   {hand[4]}",
        f"{hand[2]}.'    \\ V /    '. {hand[5]}",
    ]


def _eye(still: Pose, left: bool) -> str:
    lid = still.lid_left if left else still.lid_right
    if lid >= 14:
        return "-u-" if still.smile > 0 and lid < 20 else "---"
    ball = "-" if lid >= 9 else "O" if still.eye >= 112 else "^" if still.squint >= 7 else "o"
    if still.pupil_y <= -9:
        ball = "'" if lid < 9 else ball
    elif still.pupil_y >= 9:
        ball = "." if lid < 9 else ball
    if still.pupil_x <= -9:
        return f"{ball} )"
    if still.pupil_x >= 9:
        return f"( {ball}"
    return f"({ball})"


def _brow(still: Pose, left: bool) -> str:
    inner = still.brow_in_left if left else still.brow_in_right
    outer = still.brow_out_left if left else still.brow_out_right
    if inner - outer <= -8:
        return "_.-" if left else "-._"
    if inner + outer <= -12:
        return "'''"
    if inner - outer >= 5:
        return "'-." if left else ".-'"
    return "---"


def _mouth(still: Pose) -> tuple[str, str]:
    if still.mouth_open >= 15:
        return (".-.", "'-'") if still.mouth_width <= 17 else (".---.", "'---'")
    if still.mouth_open >= 5:
        return (".=.", "") if still.mouth_width <= 17 else ("<===>" if still.teeth else "<--->", "")
    if still.smile >= 12:
        return ("\\_____/", "")
    if still.smile >= 3:
        return ("\\___/", "")
    if still.smile <= -10:
        return (".---.", "")
    if still.smile <= -4:
        return ("-~~-", "")
    return ("---", "")


def _small_mouth(still: Pose) -> str:
    return "o" if still.mouth_open >= 5 else "." if still.smile < 3 else "_"


def _hand(still: Pose) -> tuple[str, str, str, str, str, str]:
    none = ("   ", "   ", "   ")
    if still.hand_up < 5:
        return (*none, "", "", "")
    if still.hand == "point_left":
        return ("<--", "  |", "  |", "", "", "")
    if still.hand == "point_right":
        return (*none, "-->", "|", "|")
    return (*none, "\\|/" if still.hand_swing <= 0 else " \\|/", "(_)", "| |")


def _mark(still: Pose) -> tuple[str, str, str]:
    match still.mark:
        case "z":
            return (
                "  z" if still.mark_step > 2 else "",
                " z" if still.mark_step > 1 else "",
                "z" if still.mark_step else "",
            )
        case "dots":
            return (
                "  o" if still.mark_step > 2 else "",
                " o" if still.mark_step > 1 else "",
                "." if still.mark_step else "",
            )
        case "question":
            return (" ?", "", "")
        case "sweat":
            return ("", "", " ;")
        case _:
            return ("", "", "")
