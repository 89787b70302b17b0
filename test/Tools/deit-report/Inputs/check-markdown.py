# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares a report as Markdown with its JSON: check-markdown.py TEXT REPORT."""
import json
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as xml

SVG = "{http://www.w3.org/2000/svg}"


def check_pictures(path, text):
    """Every picture exists, is whole, has marks; none lies about unused."""
    links = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert len(links) >= 18, links
    files = [path.parent / urllib.parse.unquote(link) for link in links]
    assert set(files) == set(files[0].parent.iterdir())
    for file in files:
        root = xml.parse(file).getroot()
        assert root.tag == SVG + "svg", file
        shapes = sum(1 for one in root.iter() if one.tag in
                     (SVG + "path", SVG + "rect"))
        assert shapes > 8, (file, shapes)
        assert [one for one in root.iter(SVG + "text") if one.text], file
        assert "NaN" not in file.read_text(), file


def cells(text, path):
    """The cells of the row of the module `path` in the table of all modules."""
    table = text.split("### All modules")[1].split("###")[0]
    row = next(line for line in table.splitlines()
               if line.startswith("| " + path.replace("_", "\\_") + " "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def check_numbers(text, report):
    for module in report["modules"]:
        row = cells(text, module["path"])
        spread = module["activations"]["channel_spread"]
        shown = float(row[3].rstrip("×"))
        assert abs(shown / spread - 1) < 0.006, (row, spread)
        snr = f"{module['error']['snr_db']:.1f} dB"
        assert row[6] == snr, (row, snr)
    for one in report["questions"]:
        for point in one["answer"]:
            assert f"\n- {point.strip()}\n" in text, one
    for one in report["ablation"]:
        assert f"{one['agreement']:.2f} %" in text, one


def main():
    path = pathlib.Path(sys.argv[1])
    text = path.read_text()
    report = json.loads(pathlib.Path(sys.argv[2]).read_text())
    check_pictures(path, text)
    if "<" not in report["model"]["name"]:
        check_numbers(text, report)
    assert not re.search(r"<(?!!)", text), "markup in the text"
    print("Markdown is right")


main()
