"""The receptionist drawn in a given pose: back to front, in face units.

The head is about one unit wide and two high around the origin; x to the right as the visitor sees it, y down.
"""

from __future__ import annotations

from math import cos, sin

import numpy as np

from receptionist.kiosk.avatar.pose import Pose
from receptionist.kiosk.avatar.raster import Canvas, Field, Ink, Plane, Rgb, box, ellipse, path, stroke

WINDOW = (-1.06, -0.97, 2.12, 2.26)
"""The part of the plane a picture shows: left, top, width, height."""

_NIGHT = Ink(Rgb(18, 24, 42), 0)
_HALO = Ink(Rgb(44, 66, 104), 0)
_HAIR = Ink(Rgb(58, 47, 92), 5)
_HAIR_LIGHT = Ink(Rgb(112, 92, 160), 5)
_SKIN = Ink(Rgb(246, 222, 204), 15)
_SKIN_SHADE = Ink(Rgb(214, 168, 150), 7)
_LID = Ink(Rgb(226, 188, 172), 7)
_BLUSH = Ink(Rgb(240, 136, 124), 15)
_BROW = Ink(Rgb(72, 54, 96), 5)
_LASH = Ink(Rgb(46, 34, 62), 0)
_EYE = Ink(Rgb(252, 252, 255), 15)
_IRIS = Ink(Rgb(32, 122, 140), 6)
_IRIS_RIM = Ink(Rgb(18, 74, 94), 6)
_PUPIL = Ink(Rgb(14, 20, 32), 0)
_SPARK = Ink(Rgb(255, 255, 255), 15)
_LIP = Ink(Rgb(190, 88, 92), 1)
_MOUTH = Ink(Rgb(96, 28, 44), 1)
_TEETH = Ink(Rgb(250, 248, 244), 15)
_TONGUE = Ink(Rgb(214, 104, 112), 9)
_JACKET = Ink(Rgb(34, 62, 104), 4)
_LAPEL = Ink(Rgb(24, 44, 78), 4)
_SHIRT = Ink(Rgb(238, 242, 250), 15)
_SCARF = Ink(Rgb(232, 108, 88), 9)
_BADGE = Ink(Rgb(240, 198, 92), 11)
_HEADSET = Ink(Rgb(70, 80, 100), 8)
_LIGHTS = (
    Ink(Rgb(52, 64, 84), 8),
    Ink(Rgb(50, 128, 136), 6),
    Ink(Rgb(66, 206, 204), 14),
    Ink(Rgb(170, 255, 246), 15),
)
_MARK = Ink(Rgb(158, 190, 236), 14)
_DROP = Ink(Rgb(130, 200, 244), 14)


def draw(pose: Pose, canvas: Canvas) -> None:
    """Paint the receptionist in ``pose``."""
    ground = canvas.plane
    _backdrop(canvas)
    figure = ground.scaled(pose.size / 100, (0.0, 1.5))
    body = figure.moved(0.0, -0.008 * pose.breath)
    head = figure.moved(pose.x / 100, pose.y / 100).turned(pose.tilt / 100, (0.0, 0.7))
    features = head.moved(pose.turn / 100, pose.pitch / 100)

    if part := canvas.part(head, -0.7, -0.9, 0.7, 0.8):
        _hair_behind(*part)
    if part := canvas.part(body, -1.1, 0.6, 1.1, 1.6):
        _body(*part)
    if part := canvas.part(head, -0.7, -0.7, 0.7, 0.8):
        near, plane = part
        _head(near, plane, plane.moved(pose.turn / 100, pose.pitch / 100), pose)
    for side in (-1, 1):
        eye = features.moved(side * 0.255, 0.02)
        if part := canvas.part(eye, -0.24, -0.5, 0.24, 0.24):
            _brow_and_eye(*part, pose, side)
    if part := canvas.part(features.moved(0.0, 0.435), -0.4, -0.2, 0.4, 0.36):
        _mouth(*part, pose)
    if part := canvas.part(head, -0.7, -0.9, 0.7, 0.45):
        _fringe(*part, pose)
    if part := canvas.part(head.moved(0.3 * pose.turn / 100, 0.0), 0.25, -0.3, 1.0, 0.75):
        _headset(*part, pose)
    if pose.hand:
        _hand(canvas, figure, pose)
    if pose.mark and (part := canvas.part(head, 0.3, -1.1, 1.2, 0.0)):
        _mark(*part, pose)


def _backdrop(canvas: Canvas) -> None:
    canvas.rgb[:] = np.array(_NIGHT.rgb, np.float32)[:, None, None]
    halo = 1 - np.hypot(canvas.plane.x, (canvas.plane.y + 0.05) / 1.1) / 1.15
    canvas.glow(np.round(np.clip(halo, 0, 1) * 9) / 9, _HALO)  # few steps: long runs of one colour


def _hair_behind(canvas: Canvas, head: Plane) -> None:
    canvas.fill(ellipse(head, 0.0, -0.1, 0.68, 0.76), _HAIR)
    canvas.fill(box(head, 0.0, 0.3, 0.65, 0.46, 0.26), _HAIR)


def _body(canvas: Canvas, body: Plane) -> None:
    shoulders = ellipse(body, 0.0, 1.66, 0.98, 0.74)
    canvas.fill(shoulders, _JACKET)
    canvas.glow(canvas.coverage(shoulders) * np.clip((body.y - 1.0) * 0.9, 0, 0.5), _LAPEL)
    opening = np.maximum(np.abs(body.x) - 0.3 * (1.5 - body.y) / 0.6, 0.88 - body.y)
    canvas.fill(opening, _SHIRT)
    canvas.fill(
        np.maximum(np.abs(np.abs(body.x) - 0.315 * (1.5 - body.y) / 0.6) - 0.035, 0.93 - body.y), _LAPEL
    )
    canvas.fill(box(body, 0.0, 0.83, 0.17, 0.2, 0.06), _SKIN_SHADE)
    canvas.fill(ellipse(body, 0.0, 0.98, 0.19, 0.1), _SKIN_SHADE)
    for side in (-1, 1):
        knot = stroke(body, 0.0, 1.09, side * 0.17, 1.05 + 0.02 * side, 0.075)
        canvas.fill(knot, _SCARF)
    canvas.fill(path(body, ((0.0, 1.1), (-0.06, 1.32)), 0.06), _SCARF)
    canvas.fill(box(body, 0.5, 1.24, 0.12, 0.055, 0.02), _BADGE)


def _head(canvas: Canvas, head: Plane, features: Plane, pose: Pose) -> None:
    for side in (-1, 1):
        canvas.fill(ellipse(head, side * 0.575 + 0.3 * pose.turn / 100, 0.1, 0.09, 0.14), _SKIN_SHADE)
    face = _face(head)
    canvas.fill(face, _SKIN)
    inside = canvas.coverage(face)
    edge = np.clip(1 + face / 0.2, 0, 1) ** 2
    low = np.clip((head.x + 0.9 * head.y - 0.15) * 0.55, 0, 0.55)
    canvas.glow(inside * np.clip(0.45 * edge + low * 0.7, 0, 0.7), _SKIN_SHADE)
    if pose.blush:
        for side in (-1, 1):
            cheek = 1 - np.hypot((features.x - side * 0.37) / 0.2, (features.y - 0.3) / 0.13)
            canvas.glow(inside * np.clip(cheek, 0, 1) * 0.2 * pose.blush, _BLUSH)
    canvas.fill(ellipse(features, 0.015, 0.2, 0.05, 0.035), _SKIN_SHADE, opacity=0.9)


def _face(head: Plane) -> Field:
    upper = ellipse(head, 0.0, 0.02, 0.56, 0.66)
    jaw = ellipse(head, 0.0, 0.2, 0.5, 0.52)
    result: Field = np.minimum(upper, jaw)
    return result


def _brow_and_eye(canvas: Canvas, p: Plane, pose: Pose, side: int) -> None:
    left = side < 0
    lid = (pose.lid_left if left else pose.lid_right) / 20
    squint = pose.squint / 20
    grow = pose.eye / 100
    rx, ry = 0.155 * (0.5 + 0.5 * grow), 0.175 * grow
    s = np.sqrt(np.clip(1 - (p.x / rx) ** 2, 0, 1))
    rest_low = ry * (1 - 0.75 * squint)
    upper = -ry + lid * (ry + 0.55 * rest_low)
    low_line = rest_low * s if lid < 1 else 0.55 * rest_low * s
    top_line = upper * s
    beside = np.abs(p.x) - rx
    socket: Field = np.maximum(np.maximum(-ry * s - p.y, p.y - rest_low * s), beside)
    opening: Field = np.maximum(np.maximum(top_line - p.y, p.y - low_line), beside)
    if lid > 0.12:
        canvas.fill(socket, _LID)
    if lid < 0.92:
        canvas.fill(opening, _EYE)
        iris_x, iris_y = 0.062 * pose.pupil_x / 20, 0.06 * pose.pupil_y / 20 + 0.1 * (lid - 0.05) * ry
        radius = 0.108 * (0.6 + 0.4 * grow)
        canvas.fill(np.maximum(opening, ellipse(p, iris_x, iris_y, radius, radius * 1.08)), _IRIS_RIM)
        canvas.fill(np.maximum(opening, ellipse(p, iris_x, iris_y, radius * 0.78, radius * 0.86)), _IRIS)
        canvas.fill(np.maximum(opening, ellipse(p, iris_x, iris_y, radius * 0.5, radius * 0.54)), _PUPIL)
        canvas.fill(np.maximum(opening, ellipse(p, iris_x + 0.035, iris_y - 0.05, 0.034, 0.036)), _SPARK)
    lash = canvas.at_least_a_pixel(0.026)
    if lid < 0.92:
        canvas.fill(np.maximum(np.abs(p.y - top_line) - lash, np.abs(p.x) - rx * 1.04), _LASH)
    else:
        closed = 0.62 * rest_low * s - 0.02
        canvas.fill(np.maximum(np.abs(p.y - closed) - lash, np.abs(p.x) - rx * 1.08), _LASH)
    brow_in = (pose.brow_in_left if left else pose.brow_in_right) / 100
    brow_out = (pose.brow_out_left if left else pose.brow_out_right) / 100
    points = (
        (side * -0.12, -0.28 + brow_in),
        (side * 0.04, -0.315 + 0.4 * brow_in + 0.6 * brow_out),
        (side * 0.19, -0.255 + brow_out),
    )
    canvas.fill(path(p, points, canvas.at_least_a_pixel(0.03)), _BROW)


def _mouth(canvas: Canvas, p: Plane, pose: Pose) -> None:
    width, opening, smile = pose.mouth_width / 100, pose.mouth_open / 100, pose.smile / 20
    u = p.x / width
    s = np.sqrt(np.clip(1 - u * u, 0, 1))
    curve = 0.12 * smile * (width / 0.25)
    middle = curve * (0.45 - u * u)
    above, below = 0.28 * opening * s, 0.72 * opening * s
    beside = np.abs(p.x) - width
    inner: Field = np.maximum(np.maximum(middle - above - p.y, p.y - middle - below), beside)
    lip = canvas.at_least_a_pixel(0.026)
    if opening < 0.02:
        canvas.fill(np.maximum(np.abs(p.y - middle) - lip, beside - lip * 0.5), _LIP)
        return
    canvas.fill(inner - 1.5 * lip, _LIP)
    canvas.fill(inner, _MOUTH)
    if opening > 0.15:
        canvas.fill(
            np.maximum(inner, ellipse(p, 0.0, 0.62 * opening + 0.3 * curve, width * 0.6, 0.3 * opening)),
            _TONGUE,
        )
    if pose.teeth:
        canvas.fill(np.maximum(inner, p.y - middle + above * 0.2 - 0.02), _TEETH)


def _fringe(canvas: Canvas, head: Plane, pose: Pose) -> None:
    shift = 0.25 * pose.turn / 100
    cap = ellipse(head, 0.0, -0.12, 0.66, 0.74)
    x = head.x - shift
    line = np.where(
        x > -0.18, -0.5 + 0.42 * np.clip(x + 0.18, 0, 1) ** 1.3, -0.5 + 1.5 * np.clip(-0.18 - x, 0, 1) ** 1.2
    )
    canvas.fill(np.maximum(cap, (head.y - line) * 0.8), _HAIR)
    sheen = np.exp(-(((head.x - 0.12) / 0.32) ** 2) - ((head.y + 0.66 - 0.25 * head.x) / 0.07) ** 2)
    canvas.glow(canvas.coverage(cap) * sheen * 0.6, _HAIR_LIGHT)
    for side in (-1, 1):
        lock = stroke(head, side * 0.6, -0.12, side * 0.585, 0.34, 0.065)
        canvas.fill(lock, _HAIR)


def _headset(canvas: Canvas, side: Plane, pose: Pose) -> None:
    boom = ((0.62, 0.2), (0.56, 0.5), (0.36, 0.62))
    canvas.fill(path(side, boom, canvas.at_least_a_pixel(0.017)), _HEADSET)
    canvas.fill(ellipse(side, 0.34, 0.625, 0.055, 0.04), _HEADSET)
    canvas.fill(ellipse(side, 0.625, 0.1, 0.11, 0.15), _HEADSET)
    light = _LIGHTS[pose.light]
    if pose.light > 1:
        near = np.hypot(side.x - 0.64, side.y - 0.1)
        canvas.glow(np.clip(1 - near / 0.3, 0, 1) * 0.5, light)
    canvas.fill(ellipse(side, 0.635, 0.1, 0.055, 0.08), light)


def _hand(canvas: Canvas, figure: Plane, pose: Pose) -> None:
    """The hand rises from below beside the head: the open palm swings, a pointing one aims outwards."""
    drop = 1.1 * (1 - pose.hand_up / 10)
    side = -1 if pose.hand == "point_left" else 1
    wrist = (side * 0.74, 0.86 + drop)
    arm = stroke(figure, side * 0.8, 1.7 + drop, *wrist, 0.15)
    canvas.fill(arm, _JACKET)
    canvas.fill(stroke(figure, side * 0.745, 0.9 + drop, *wrist, 0.13), _SHIRT)
    lean = 0.08 * pose.hand_swing if pose.hand == "wave" else side * 0.35
    p = figure.turned(lean, wrist).moved(*wrist)
    if pose.hand == "wave":
        canvas.fill(box(p, 0.0, -0.16, 0.125, 0.15, 0.09), _SKIN)
        for finger, (spread, length) in enumerate(((-0.24, 0.2), (-0.08, 0.25), (0.08, 0.25), (0.24, 0.21))):
            base = (-0.09 + 0.06 * finger, -0.26)
            tip = (base[0] + length * sin(spread), base[1] - length * cos(spread))
            canvas.fill(stroke(p, *base, *tip, 0.038), _SKIN)
        canvas.fill(stroke(p, -0.09, -0.1, -0.21, -0.2, 0.04), _SKIN)
    else:
        canvas.fill(box(p, 0.0, -0.12, 0.13, 0.13, 0.09), _SKIN)
        canvas.fill(stroke(p, side * 0.04, -0.17, side * 0.36, -0.2, 0.045), _SKIN)
        canvas.fill(stroke(p, side * 0.06, -0.05, side * 0.14, -0.05, 0.04), _SKIN_SHADE)
        canvas.fill(stroke(p, side * -0.02, -0.2, side * 0.02, -0.3, 0.042), _SKIN)


def _mark(canvas: Canvas, head: Plane, pose: Pose) -> None:
    thin = canvas.at_least_a_pixel(0.028)
    match pose.mark:
        case "z":
            # One letter that floats up and grows; several would run together where pixels are few.
            x, y = 0.6 + 0.1 * pose.mark_step, -0.4 - 0.14 * pose.mark_step
            r = max(0.05 + 0.014 * pose.mark_step, 1.3 * canvas.pixel)
            corners = ((x - r, y - r), (x + r, y - r), (x - r, y + r), (x + r, y + r))
            canvas.fill(path(head, corners, thin), _MARK)
        case "dots":
            for i in range(pose.mark_step):
                canvas.fill(
                    ellipse(head, 0.62 + 0.15 * i, -0.62 - 0.09 * i, 0.04 + 0.016 * i, 0.04 + 0.016 * i),
                    _MARK,
                )
        case "question":
            arc = (
                (0.71, -0.78),
                (0.76, -0.86),
                (0.85, -0.86),
                (0.9, -0.78),
                (0.87, -0.7),
                (0.81, -0.64),
                (0.81, -0.58),
            )
            canvas.fill(path(head, arc, max(thin, 0.034)), _MARK)
            canvas.fill(ellipse(head, 0.81, -0.46, 0.042, 0.042), _MARK)
        case "sweat":
            drop = np.minimum(
                ellipse(head, 0.44, -0.3, 0.05, 0.06), stroke(head, 0.44, -0.4, 0.44, -0.32, thin)
            )
            canvas.fill(drop, _DROP)
