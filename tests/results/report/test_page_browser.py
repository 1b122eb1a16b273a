"""The page in a real browser, without a window: does it run, sort, open and stay within its file?"""

from __future__ import annotations

import shutil
import subprocess
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image
from reports import Page, report, row, run, write_metrics

from fer_lightning.results.report.model import MissingJob
from fer_lightning.results.report.page import write_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on the PATH (apt-get install chromium)"),
]

# stands first on the page, so that it sees every mistake and everything that the page's policy refuses
WATCH = """<script>
window.onerror = (message) => { document.documentElement.dataset.error = message; };
window.addEventListener("securitypolicyviolation", (e) => { document.documentElement.dataset.refused = e.blockedURI; });
</script>"""


def browse(*options):
    # a profile of its own: tests run side by side; the browser's processes may write to it until the very end
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        return subprocess.run(
            [BROWSER, *quiet, *options], capture_output=True, text=True, timeout=120, check=True
        ).stdout


@pytest.fixture
def page(tmp_path):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.6, 0.7])
    lost = MissingJob("fold 1", tmp_path, "failed", {}, "Traceback\nValueError", "fer-train data.fold=1", "s")
    accuracies = {"cnn10": 0.9, "cnn9": 0.801, "vgg": 0.8, "cnn2": 0.095}
    rows = [
        row(
            a,
            runs=[run(tmp_path, a, files={"metrics": "metrics.csv"})],
            n=1,
            model=name,
            reported=0.5 if a > 0.8 else None,
        )
        for name, a in accuracies.items()
    ]
    path = tmp_path / "report.html"
    write_page(report(*rows, row(None, missing_jobs=[lost], model="alexnet"), title="<i>a</i> sweep"), path)
    return path


@pytest.fixture
def opened(page):
    """The page as it stands after a piece of JavaScript, and the place of it, a copy beside the page."""

    def after(script, anchor="", watch=WATCH):
        text = page.read_text(encoding="utf-8")
        copy = page.with_name("copy.html")
        copy.write_text(
            text.replace("<head>", f"<head>{watch}").replace("</body>", f"<script>{script}</script></body>"),
            encoding="utf-8",
        )
        return browse("--virtual-time-budget=3000", "--dump-dom", f"{copy.as_uri()}{anchor}")

    return after


def order(dom):
    return [a["href"] for a in Page(dom).all("a") if a["href"].startswith("#row-")]


def sorted_by(dom):
    return [th["aria-sort"] for th in Page(dom).all("th") if "aria-sort" in th]


def root(dom):
    return Page(dom).elements[0][1]


def click(column, times=1):
    return f"for (let k = 0; k < {times}; k++) document.querySelectorAll('#table th button')[{column}].click();"


def test_the_page_runs_without_a_mistake_and_asks_for_nothing(opened):
    dom = opened("")
    assert root(dom) == {"lang": "en"}
    assert order(dom) == ["#row-1", "#row-2", "#row-3", "#row-4", "#row-5"]
    assert "<i>a</i> sweep" in Page(dom).text


def test_what_would_leave_the_file_is_refused_and_a_mistake_is_seen(opened):
    dom = opened("const i = new Image(); i.src = 'https://example.org/a.png'; document.body.append(i);")
    assert root(dom)["data-refused"] == "https://example.org/a.png"
    assert "undefined_name" in root(opened("undefined_name();"))["data-error"]


def test_a_click_on_a_figure_sorts_by_number_in_both_directions_with_the_missing_last(opened):
    dom = opened(click(1))
    assert order(dom) == ["#row-4", "#row-3", "#row-2", "#row-1", "#row-5"]  # 9.5 before 80.0, which words would not
    assert sorted_by(dom)[:3] == ["none", "ascending", "none"]
    dom = opened(click(1, times=2))
    assert order(dom) == ["#row-1", "#row-2", "#row-3", "#row-4", "#row-5"]
    assert sorted_by(dom)[1] == "descending"


def test_a_column_of_few_figures_keeps_the_others_last(opened):
    dom = opened(click(4))  # minus paper: of the first two rows
    assert order(dom)[:2] == ["#row-1", "#row-2"]
    assert sorted_by(dom)[4] == "descending"
    assert order(opened(click(4, times=2)))[:2] == ["#row-2", "#row-1"]


def test_names_are_sorted_as_people_would_from_the_keyboard_as_well(opened):
    dom = opened(click(0))
    assert order(dom) == ["#row-5", "#row-4", "#row-2", "#row-1", "#row-3"]  # alexnet, cnn2, cnn9, cnn10, vgg
    assert sorted_by(dom)[0] == "ascending"
    # a button is reached by Tab and pressed by Enter: the browser's own doing, as long as it is a button
    focus = "const b = document.querySelectorAll('#table th button')[0]; b.focus();"
    tell = "document.documentElement.dataset.focus = document.activeElement.textContent + b.tabIndex + b.type;"
    assert root(opened(focus + tell))["data-focus"] == "model0button"


def test_a_link_to_a_row_opens_it(opened):
    details = [d for d in Page(opened("", anchor="#row-2")).all("details") if d.get("id")]
    assert [d["id"] for d in details if "open" in d] == ["row-2"]
    every = opened("document.querySelector('button[data-open=yes]').click();")
    assert all("open" in d for d in Page(every).all("details") if d.get("id"))


def test_without_javascript_the_table_reads(page):
    bare = page.with_name("bare.html")
    text = page.read_text(encoding="utf-8")
    bare.write_text(text.replace("script-src 'unsafe-inline'", "script-src 'none'"), encoding="utf-8")
    dom = browse("--dump-dom", bare.as_uri())
    assert order(dom) == ["#row-1", "#row-2", "#row-3", "#row-4", "#row-5"]
    assert "model accuracy, %" in Page(dom).text
    assert [button for button in Page(dom).all("button") if "hidden" not in button] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen_and_every_image_is_drawn(opened, width, page):
    opened("""
    document.querySelector('button[data-open=yes]').click();
    addEventListener('load', () => {
      const images = [...document.images], drawn = images.filter((i) => i.complete && i.naturalWidth > 0);
      const wide = document.documentElement.scrollWidth;
      parent.postMessage({inner: innerWidth, wide: wide, images: images.length, drawn: drawn.length}, '*');
    });""")
    # a window is never narrower than 500 pixels, a frame is
    frame = page.with_name("frame.html")
    frame.write_text(f"""<!DOCTYPE html><html><body><script>
    addEventListener('message', (e) => Object.assign(document.documentElement.dataset, e.data));
    </script><iframe src="copy.html" width="{width}" height="900" style="border: 0"></iframe></body></html>""")
    told = root(browse("--window-size=1400,1000", "--virtual-time-budget=3000", "--dump-dom", frame.as_uri()))
    assert int(told["data-inner"]) == width
    assert int(told["data-wide"]) <= width
    assert told["data-drawn"] == told["data-images"] == "6"  # scores, curves, four confusion matrices


def test_the_screen_shows_ink_of_both_themes(page):
    shots = {}
    for theme, preferred in (("dark", 0), ("light", 1)):
        shot = page.with_name(f"{theme}.png")
        scheme = f"--blink-settings=preferredColorScheme={preferred}"
        browse(scheme, "--window-size=800,600", f"--screenshot={shot}", page.as_uri())
        shots[theme] = np.asarray(Image.open(shot).convert("L"), dtype=float)
    assert shots["light"][2, 2] > 240
    assert shots["dark"][2, 2] < 40
    assert np.ptp(shots["light"]) > 180
    assert np.ptp(shots["dark"]) > 180
