import numpy as np
import pytest

from fer_lightning.data.synthetic.action_units import ACTION_UNITS, PROTOTYPES, apex
from fer_lightning.data.synthetic.geometry import LANDMARK_NAMES
from fer_lightning.data.synthetic.identity import person
from fer_lightning.data.synthetic.nuisance import OCCLUDERS, Nuisance, nuisance, recording
from fer_lightning.data.synthetic.render import draw

# FACS manual and EMFACS: what defines each basic expression
DEFINING = {
    "angry": {4, 5, 7, 23},
    "disgust": {9},
    "fear": {1, 2, 4, 5, 20},
    "happy": {6, 12},
    "sad": {1, 4, 15},
    "surprise": {1, 2, 5, 26},
    "neutral": set(),
    "contempt": {12},
}


def units(**intensities):
    """`units(au12=1)`: both halves of the face."""
    made = np.zeros((2, len(ACTION_UNITS)))
    for name, value in intensities.items():
        made[:, ACTION_UNITS.index(int(name.removeprefix("au")))] = value
    return made


def moved(seed=0, **intensities):
    """How each landmark moves, by name, as (dx, dy) in pixels at 96."""
    someone = person(np.random.default_rng(seed))
    still = draw(someone, units(), Nuisance(), 96).landmarks
    shown = draw(someone, units(**intensities), Nuisance(), 96).landmarks
    return dict(zip(LANDMARK_NAMES, shown - still, strict=True))


def test_expressions_are_the_combinations_of_facs():
    assert {name: set(prototype.always) for name, prototype in PROTOTYPES.items()} == DEFINING
    assert set(PROTOTYPES["disgust"].one_of) == {15, 17}
    assert set(PROTOTYPES["fear"].one_of) == {25, 26}
    assert ACTION_UNITS == (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 23, 25, 26)


@pytest.mark.parametrize("expression", [e for e in PROTOTYPES if e != "contempt"])
def test_an_apex_is_nearly_the_same_on_both_halves(expression):
    left, right = apex(expression, np.random.default_rng(0))
    assert np.all(np.abs(left - right) <= 0.1)


def test_contempt_shows_on_one_half_only_and_on_either():
    sides = [apex("contempt", np.random.default_rng(seed))[:, ACTION_UNITS.index(12)] for seed in range(20)]
    assert all(min(pair) == 0 and max(pair) >= 0.7 for pair in sides)
    assert {int(np.argmax(pair)) for pair in sides} == {0, 1}


@pytest.mark.parametrize("seed", range(4))
def test_action_units_move_what_facs_says_they_move(seed):
    def rise(*names, **intensities):
        return np.mean([-moved(seed, **intensities)[name][1] for name in names])

    assert rise("left_brow_4", "right_brow_0", au1=1) > 2 > rise("left_brow_0", "right_brow_4", au1=1)
    assert rise("left_brow_0", "right_brow_4", au2=1) > 2
    assert rise("left_brow_4", "right_brow_0", au4=1) < -2
    assert rise("left_eye_1", "right_eye_2", au5=1) > 1
    assert rise("left_eye_4", "right_eye_4", au6=1) > 0.5
    assert rise("left_eye_1", "right_eye_2", au7=1) < -0.5
    assert rise("nose_base_0", "nose_base_4", au9=1) > 1
    assert rise("mouth_outer_0", "mouth_outer_6", au12=1) > 3
    assert rise("mouth_outer_0", "mouth_outer_6", au15=1) < -3
    assert rise("mouth_inner_6", au17=1) > 1
    assert rise("jaw_8", "mouth_inner_6", au26=1) < -3


def test_mouth_widens_with_the_lip_stretcher_and_opens_with_the_jaw():
    def width(**intensities):
        change = moved(**intensities)
        return change["mouth_outer_6"][0] - change["mouth_outer_0"][0]

    def opening(**intensities):
        change = moved(**intensities)
        return change["mouth_inner_6"][1] - change["mouth_inner_2"][1]

    assert width(au20=1) > 5
    assert width(au12=1) > 3
    assert width(au23=1) < -1
    assert opening(au26=1) > 5
    assert opening(au26=1) > opening(au25=1) > 1
    assert opening(au23=1) == opening(au1=1) == 0


def test_one_sided_smile_lifts_that_corner_only():
    someone = person(np.random.default_rng(0))
    smirk = units()
    smirk[0, ACTION_UNITS.index(12)] = 1
    change = draw(someone, smirk, Nuisance(), 96).landmarks - draw(someone, units(), Nuisance(), 96).landmarks
    assert change[LANDMARK_NAMES.index("mouth_outer_0"), 1] < -4
    assert change[LANDMARK_NAMES.index("mouth_outer_6"), 1] == pytest.approx(0, abs=1e-9)


def test_landmarks_follow_the_pose():
    someone = person(np.random.default_rng(0))
    still = draw(someone, units(), Nuisance(), 96).landmarks
    tip = LANDMARK_NAMES.index("nose_bridge_3")
    yawed = draw(someone, units(), Nuisance(yaw=0.3), 96).landmarks
    assert yawed[tip, 0] - still[tip, 0] > 5
    lowered = draw(someone, units(), Nuisance(pitch=0.2), 96).landmarks
    assert lowered[tip, 1] - still[tip, 1] > 3
    rolled = draw(someone, units(), Nuisance(roll=0.2), 96).landmarks
    eyes = rolled[LANDMARK_NAMES.index("right_eye_3")] - rolled[LANDMARK_NAMES.index("left_eye_0")]
    assert np.arctan2(eyes[1], eyes[0]) == pytest.approx(0.2, abs=0.02)


def test_dark_features_lie_under_their_landmarks():
    someone = person(np.random.default_rng(3))
    face = draw(someone, units(), Nuisance(noise=0, light_strength=0), 192)
    marks = dict(zip(LANDMARK_NAMES, face.landmarks.round().astype(int), strict=True))
    cheek_x, cheek_y = (marks["left_eye_4"] + marks["mouth_outer_0"]) // 2
    cheek = face.pixels[cheek_y, cheek_x]
    for name in ("left_brow_2", "right_brow_2", "mouth_inner_2"):
        x, y = marks[name]
        assert face.pixels[y, x] < 0.75 * cheek, name


def test_the_same_face_at_any_size():
    someone, shown = person(np.random.default_rng(5)), apex("happy", np.random.default_rng(5))
    view = Nuisance(yaw=0.1, roll=0.1, noise=0)
    small, large = draw(someone, shown, view, 48), draw(someone, shown, view, 192)
    shrunk = large.pixels.reshape(48, 4, 48, 4).mean(axis=(1, 3))
    assert np.abs(small.pixels - shrunk).mean() < 4
    assert np.allclose((small.landmarks + 0.5) * 4 - 0.5, large.landmarks, atol=1e-6)


def test_an_occluder_covers_some_of_the_face_and_not_most():
    someone = person(np.random.default_rng(0))
    plain = draw(someone, units(), Nuisance(noise=0), 96).pixels.astype(int)
    for name in OCCLUDERS:
        hidden = draw(someone, units(), Nuisance(noise=0, occluder=name, occluder_at=(0.3, 0.9)), 96).pixels
        changed = np.mean(np.abs(hidden - plain) > 12)
        assert 0.01 < changed < 0.35, name


def test_few_images_are_occluded_and_poses_stay_near_the_front():
    rng = np.random.default_rng(0)
    views = [nuisance(recording(rng), rng) for _ in range(500)]
    assert 0.05 < np.mean([v.occluder is not None for v in views]) < 0.2
    assert max(abs(v.yaw) for v in views) <= 0.35
