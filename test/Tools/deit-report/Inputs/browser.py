# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drives headless Chromium over WebDriver, with the standard library alone.

    with Browser(width=1200, height=900, scheme="light") as browser:
        browser.open("report.html")
        browser.run("return document.title")
"""
import base64
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request


class Browser:
    def __init__(self, width=1200, height=900, scheme="light"):
        self.width, self.height, self.scheme = width, height, scheme

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        # Port 0 is any free one, and the driver says which.
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.request("DELETE", "")
        finally:
            self.stop()

    def start(self):
        self.session = None
        self.base = f"http://127.0.0.1:{self.read_port()}/session"
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
            f"--user-data-dir={self.profile}",
        ]
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments,
                                   "binary": shutil.which("chromium")},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        value = self.request(
            "POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = value["sessionId"]
        self.command("Emulation.setDeviceMetricsOverride", width=self.width,
                     height=self.height, deviceScaleFactor=1,
                     mobile=self.width < 600)
        self.prefer(self.scheme)

    def stop(self):
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def read_port(self):
        for line in self.driver.stdout:
            match = re.search(r"started successfully on port (\d+)", line)
            if match:
                return match.group(1)
        raise RuntimeError("chromedriver did not start")

    def request(self, method, path, body=None):
        url = self.base + (f"/{self.session}" if self.session else "") + path
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            url, data, {"Content-Type": "application/json"}, method=method)
        try:
            # Nothing between this machine and itself.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{value['error']}: {value['message']}") from None

    def command(self, name, **parameters):
        """A command of the Chrome DevTools protocol."""
        return self.request("POST", "/goog/cdp/execute",
                            {"cmd": name, "params": parameters})

    def open(self, path):
        url = pathlib.Path(path).resolve().as_uri()
        self.request("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.request("POST", "/execute/sync",
                            {"script": script, "args": list(arguments)})

    def prefer(self, scheme):
        """Has the reader's system prefer "light" or "dark"."""
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def move(self, x, y, click=False):
        """Moves the mouse to a point of the window, in pixels."""
        self.mouse("mouseMoved", x, y)
        if click:
            self.mouse("mousePressed", x, y, button="left", clickCount=1)
            self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def mouse(self, kind, x, y, **more):
        self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def log(self, kind="browser"):
        return self.request("POST", "/se/log", {"type": kind})

    def complaints(self):
        """What the page has written to the console since the last call."""
        return [entry["message"] for entry in self.log()
                if entry["level"] in ("WARNING", "SEVERE")]

    def addresses(self):
        """What pages from disk have asked for since the last call."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.log("performance")]
        # The browser's own first page asks for things, too.
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"
                and message["params"]["documentURL"].startswith("file:")]

    def picture(self, whole=False):
        """A PNG of the window, or of the whole page."""
        answer = self.command("Page.captureScreenshot", format="png",
                              captureBeyondViewport=whole, **(
                                  {"clip": self.page_area()} if whole else {}))
        return base64.b64decode(answer["data"])

    def page_area(self):
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"],
                "height": size["height"], "scale": 1}

    def print(self):
        """The page as it is printed, a PDF."""
        return base64.b64decode(self.request("POST", "/print", {}))
