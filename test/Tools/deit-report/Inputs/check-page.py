# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks at a report's page in a browser as a reader would.

usage: check-page.py PAGE REPORT CHECK [--pictures FOLDER]

CHECK is one of the functions below. What the page shows is compared with the
report's JSON, not with what the page says it shows. --pictures keeps pictures of
the page in FOLDER.
"""
import argparse
import json
import pathlib
import re
import tempfile
import time

from browser import Browser

SCALES = {"GB": 1e9, "MB": 1e6, "kB": 1e3, "min": 60}


def at(thing, path):
    """What lies at "modules.3.path", None where something is missing."""
    for name in path.split("."):
        if thing is None:
            return None
        thing = thing[int(name)] if isinstance(thing, list) else thing.get(name)
    return thing


def agrees(text, value):
    """Is `text` the number `value`, rounded to the digits it shows?"""
    if value is None:
        return text == "–"
    match = re.match(r"(-?[\d,]*\.?(\d*))(?:e(-?\d+))?\s*(\S*)", text)
    scale = SCALES.get(match[4], 1) * 10.0 ** int(match[3] or 0)
    shown = float(match[1].replace(",", "")) * scale
    step = scale * 10.0 ** -len(match[2])
    return abs(shown - value) <= 0.5001 * step


def figures(browser):
    return browser.run("""
        return deit.figures.map((figure) => {
          const svg = figure.place.querySelector('svg');
          return {
            id: figure.id, shown: !figure.place.hidden && !figure.element.hidden,
            reading: figure.caption.textContent,
            width: svg ? svg.getBoundingClientRect().width : 0,
            height: svg ? svg.getBoundingClientRect().height : 0,
            marks: svg ? svg.querySelectorAll('path, rect').length : 0,
            names: svg ? [...svg.querySelectorAll('text')].map(
              (text) => text.textContent) : []
          };
        });""")


def quiet(browser):
    complaints = browser.complaints()
    assert not complaints, complaints
    asked = [url for url in browser.addresses()
             if not url.startswith(("file:", "data:", "blob:"))]
    assert not asked, f"the page asks the network for {asked}"


def charts(browser, page, report):
    """Every chart is drawn, has units and a sentence; nothing complains."""
    browser.open(page)
    drawn = figures(browser)
    assert len(drawn) == 20, [figure["id"] for figure in drawn]
    absent = {"module-weights", "module-weight-channels"}
    for figure in drawn:
        if figure["id"] in absent:
            continue
        assert figure["shown"], f"{figure['id']} is not shown"
        assert figure["marks"] > 8, f"{figure['id']} has no marks"
        assert figure["reading"].endswith("."), figure
        units = re.compile(r"%|dB|nats|bits|ratio|range|points|kurtosis|channel"
                           r"|kB|value of|parameter")
        assert any(units.search(name) for name in figure["names"]), figure
    quiet(browser)


def numbers(browser, page, report):
    """What tiles, tables and sentences say is what the report says."""
    browser.open(page)
    tiles = browser.run("""return [...document.querySelectorAll('[data-path]')]
        .map((tile) => [tile.dataset.path, tile.textContent])""")
    # What was not measured has no tile: three are of the model alone.
    measured = 4 * bool(report["frontier"]) + bool(report["depth"])
    assert len(tiles) == 3 + measured, tiles
    for path, text in tiles:
        assert agrees(text, at(report, path)), (path, text, at(report, path))
    compare_table(browser, report, "weights", "weights", [
        "channel_spread", "kurtosis", "outlier_percent", "minimum", "maximum",
        "deviation", "bits", "bytes"])
    compare_table(browser, report, "float-against-integer", "error", [
        "snr_db", "drop_db", "cosine", "largest_error"])
    compare_table(browser, report, "sensitivity-modules", "sensitivity", [
        "both.kl", "weights.kl", "activations.kl", "both.agreement"])
    worst = max(report["modules"], key=lambda m: at(m, "weights.channel_spread") or 0)
    reading = next(figure["reading"] for figure in figures(browser)
                   if figure["id"] == "weights")
    assert worst["path"] in reading, (worst["path"], reading)


def compare_table(browser, report, chart, part, members):
    modules = [module for module in report["modules"] if module[part]]
    if not modules:
        shown = next(figure["shown"] for figure in figures(browser)
                     if figure["id"] == chart)
        assert not shown, f"{chart} is shown and nothing was measured"
        return
    rows = browser.run("""
        const figure = document.getElementById('chart-' + arguments[0]);
        figure.querySelector('summary').click();
        return new Promise((resolve) => setTimeout(() => resolve(
          [...figure.querySelectorAll('tbody tr')].map((row) =>
            [...row.cells].map((cell) => cell.textContent))), 200));""", chart)
    assert len(rows) == len(modules), (chart, len(rows), len(modules))
    for row, module in zip(rows, modules):
        assert row[0] == module["path"], (row, module["path"])
        for text, member in zip(row[1:], members):
            value = at(module, f"{part}.{member}")
            assert agrees(text, value), (chart, row[0], member, text, value)


def point(browser, chart, grid, x, y):
    """Where in the window the value (x, y) of a chart is."""
    browser.run("document.getElementById('chart-' + arguments[0])"
                ".scrollIntoView({block: 'center'})", chart)
    return browser.run("""
        const figure = deit.figures.find((one) => one.id === arguments[0]);
        const [x, y] = figure.chart.convertToPixel(
          {gridIndex: arguments[1]}, [arguments[2], arguments[3]]);
        const box = figure.place.getBoundingClientRect();
        return [box.left + x, box.top + y];""", chart, grid, x, y)


def tooltip(browser, chart, grid, x, y):
    left, top = point(browser, chart, grid, x, y)
    browser.move(left - 40, top - 3)
    browser.move(left, top)
    for _ in range(50):
        text = browser.run("""
            const place = document.querySelector('#chart-' + arguments[0] +
                                                 ' .chart');
            const tip = [...place.children].find((child) =>
              child.querySelector('.tip') && child.style.opacity !== '0' &&
              child.style.visibility !== 'hidden');
            return tip ? tip.innerText : '';""", chart)
        if text:
            return text
        time.sleep(0.1)
    raise AssertionError(f"no tooltip in {chart} at {x}, {y}")


def hover(browser, page, report):
    """A tooltip has the numbers of what is below the mouse."""
    browser.open(page)
    step = report["depth"][7]
    text = tooltip(browser, "depth", 0, 7, step["w8a8_snr_db"])
    assert step["path"] in text and f"{step['w8a8_snr_db']:.1f} dB" in text, text

    index, module = 40, report["modules"][40]
    text = tooltip(browser, "sensitivity-modules", 0, index,
                   module["sensitivity"]["both"]["kl"])
    agreement = f"{module['sensitivity']['both']['agreement']:.2f} %"
    assert module["path"] in text and agreement in text, text

    one = next(point for point in report["frontier"] if point["kind"] == "rate")
    text = tooltip(browser, "frontier", 1, one["bits_per_parameter"],
                   one["agreement"])
    assert one["name"] in text and f"{one['agreement']:.2f} %" in text, text

    kind = report["kinds"][5]
    text = tooltip(browser, "sensitivity-kinds", 1,
                   (100 - kind["activations"]["agreement"]) / 2, 5)
    assert f"{kind['activations']['agreement']:.2f} %" in text, text

    picked = browser.run("return deit.picks.module")
    values = next(m for m in report["modules"] if m["path"] == picked)
    histogram = values["activations"]["histogram"]
    width = (histogram["high"] - histogram["low"]) / len(histogram["counts"])
    largest = max(histogram["counts"])
    bar = histogram["counts"].index(largest)
    text = tooltip(browser, "module-activations", 0,
                   histogram["low"] + (bar + 0.5) * width, 1)
    assert f"{largest:,}" in text, text

    channels = values["activations"]["channels"]
    text = tooltip(browser, "channels", 0, 64, channels["maximum"][64] / 2)
    low, high = re.findall(r"(?:minimum|maximum)\s+(\S+)", text)
    channel = int(re.search(r"channel (\d+)", text)[1])
    assert abs(channel - 64) <= 1, text  # a channel may be less than a pixel
    assert agrees(low, channels["minimum"][channel]), (text, channel)
    assert agrees(high, channels["maximum"][channel]), (text, channel)
    quiet(browser)


def pick(browser, page, report):
    """A module is picked by search, in the table, and by clicking on a chart."""
    browser.open(page)
    shown = browser.run("""
        const search = document.querySelector('#module input');
        search.value = 'blocks.3.mlp';
        search.dispatchEvent(new Event('input'));
        const rows = [...document.querySelectorAll('#module tbody tr')]
          .filter((row) => !row.hidden);
        rows.find((row) => row.cells[0].textContent.endsWith('fc2')).click();
        return rows.map((row) => row.cells[0].textContent);""")
    assert shown == [f"blocks.3.mlp.{name}" for name in ("fc1", "act", "fc2")], shown
    check_panel(browser, report, "blocks.3.mlp.fc2")

    index, module = next((i, m) for i, m in enumerate(report["modules"])
                         if m["path"] == "blocks.8.attn.context")
    left, top = point(browser, "activations", 0, index, 2)
    browser.move(left, top, click=True)
    assert browser.run("return location.hash") == "#module"
    check_panel(browser, report, "blocks.8.attn.context")

    browser.run("""
        const select = document.querySelector('#chart-gelu select');
        select.value = 'blocks.9.mlp.act';
        select.dispatchEvent(new Event('change'));""")
    names = next(figure["names"] for figure in figures(browser)
                 if figure["id"] == "gelu")
    for path in ("blocks.9.mlp.fc1", "blocks.9.mlp.act"):
        assert f"value of the result of {path}" in names, names
    sort_modules(browser, report)
    quiet(browser)


def sort_modules(browser, report):
    order = browser.run("""
        const search = document.querySelector('#module input');
        search.value = '';
        search.dispatchEvent(new Event('input'));
        document.querySelectorAll('#module th button')[3].click();
        return [...document.querySelectorAll('#module tbody tr')]
          .map((row) => row.cells[0].textContent);""")
    spreads = {m["path"]: m["activations"]["channel_spread"]
               for m in report["modules"]}
    assert sorted(order) == sorted(spreads)
    known = [spreads[path] for path in order if spreads[path] is not None]
    assert known == sorted(known, reverse=True)


def check_panel(browser, report, path):
    module = next(m for m in report["modules"] if m["path"] == path)
    title, facts, weights = browser.run("""return [
        document.querySelector('#module > h3:nth-of-type(2)').textContent,
        Object.fromEntries([...document.querySelectorAll('#module dl div')].map(
          (row) => [row.children[0].textContent, row.children[1].textContent])),
        !document.getElementById('chart-module-weights').hidden]""")
    assert title == path, (title, path)
    assert weights == (module["weights"] is not None)
    for label, member in (("spread of results", "activations.channel_spread"),
                          ("KL, alone quantized", "sensitivity.both.kl"),
                          ("codes all but unused", "codes.dead_percent")):
        assert agrees(facts[label], at(module, member)), (label, facts, module)


def themes(browser, page, report):
    """Light and dark as the system has it, and by the switch."""
    colours = """return [getComputedStyle(document.body).backgroundColor,
        document.querySelector('#chart-depth svg text').getAttribute('fill'),
        document.getElementById('theme').textContent]"""
    browser.open(page)
    light = browser.run(colours)
    browser.prefer("dark")
    time.sleep(0.3)
    dark = browser.run(colours)
    for index in range(3):
        assert light[index] != dark[index], (light, dark)
    browser.run("document.getElementById('theme').click()")
    assert browser.run(colours) == light, browser.run(colours)
    browser.open(page)
    assert browser.run(colours) == light, "the page forgets the reader's choice"
    quiet(browser)


def narrow(browser, page, report):
    """On a phone nothing is wider than the window."""
    browser.open(page)
    width = browser.run("return document.documentElement.scrollWidth")
    assert width == 360, width
    wide = browser.run("""
        return [...document.querySelectorAll('main *')].filter((element) =>
          !element.closest('.scroll') && !element.closest('svg') &&
          element.getBoundingClientRect().right > 361).map((element) =>
            element.outerHTML.slice(0, 90));""")
    assert not wide, wide
    overlong = browser.run("""
        return deit.figures.flatMap((figure) =>
          [...figure.place.querySelectorAll('text')].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.width && (box.right > 361 || box.left < -1);
          }).map((text) => figure.id + ': ' + text.textContent));""")
    assert not overlong, overlong
    quiet(browser)


def paper(browser, page, report):
    """Prints; and afterwards the page is as before. The numbers can be saved."""
    browser.open(page)
    before = figures(browser)
    pages = len(re.findall(rb"/Type\s*/Page\b", browser.print()))
    assert 8 <= pages <= 40, pages
    assert figures(browser) == before, "printing changes the page"
    with tempfile.TemporaryDirectory() as folder:
        browser.command("Browser.setDownloadBehavior", behavior="allow",
                        downloadPath=folder)
        browser.run("document.getElementById('download').click()")
        assert json.loads(wait_for(folder).read_text()) == report
    quiet(browser)


def wait_for(folder):
    for _ in range(100):
        files = list(pathlib.Path(folder).glob("*.json"))
        if files and files[0].stat().st_size:
            return files[0]
        time.sleep(0.1)
    raise AssertionError("nothing was saved")


def hostile(browser, page, report):
    """Names that are markup are shown as names."""
    browser.open(page)
    name = report["model"]["name"]
    title, heading, images = browser.run("""return [document.title,
        document.getElementById('title').textContent,
        document.querySelectorAll('img').length]""")
    assert heading == name and title.startswith(name), (title, heading)
    module = report["modules"][1]
    text = tooltip(browser, "activations", 0, 1,
                   module["activations"]["channel_spread"])
    assert module["path"] in text, text
    assert not images and not browser.run(
        "return document.querySelectorAll('img').length")
    quiet(browser)


def bare(browser, page, report):
    """What was not measured is said in a sentence."""
    browser.open(page)
    for figure in figures(browser):
        expected = figure["id"] in ("weights", "module-weights",
                                    "module-weight-channels")
        assert figure["shown"] == expected, figure
        assert figure["reading"].endswith("."), figure
    quiet(browser)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("report")
    parser.add_argument("check")
    parser.add_argument("--pictures")
    options = parser.parse_args()
    report = json.loads(pathlib.Path(options.report).read_text())
    width = 360 if options.check == "narrow" else 1200
    with Browser(width) as browser:
        globals()[options.check](browser, options.page, report)
        if options.pictures:
            folder = pathlib.Path(options.pictures)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{options.check}.png").write_bytes(browser.picture(True))
    print(f"{options.check} is right")


main()
