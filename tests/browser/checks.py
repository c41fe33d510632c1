"""What the tests of the page share: facts that are counted, and a page that is used like a person would."""

import json
import os
import sys

failures = []


def check(fact, what):
    print(("ok   " if fact else "WRONG ") + what, flush=True)
    if not fact:
        failures.append(what)


def finish():
    sys.exit(1 if failures else 0)


def choose(browser, menu, wanted):
    """Leaves only the entry `wanted` of a menu checked, with clicks."""
    return browser.run("""(() => {
      const menu = document.querySelector('[data-filter=%s]');
      [...menu.querySelectorAll('button')].find((each) => each.textContent === 'none').click();
      const label = [...menu.querySelectorAll('label')].find((each) => each.textContent === %s);
      label.querySelector('input').click();
      return menu.querySelector('summary').textContent;
    })()""" % (menu, json.dumps(wanted)))


def all_of(browser, menu):
    browser.run("[...document.querySelector('[data-filter=%s]').querySelectorAll('button')].find((each) => each.textContent === 'all').click()" % menu)


def quiet(browser, path, name):
    others = [url for url in browser.requests if url != "file://" + os.path.abspath(path) and not url.startswith("data:")]
    check(not others, f"{name}: nothing is requested but the file itself {others}")
    check(not browser.complaints, f"{name}: the console is silent {browser.complaints[:3]}")


def table_rows(browser, figure):
    """Texts of the cells of a figure that is a table, without the places where names may break."""
    rows = browser.run("[...document.querySelectorAll('#%s tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))" % figure)
    return [[cell.replace("\u200b", "") for cell in row] for row in rows]


def downloads(browser):
    """Every figure's SVG and CSV by file name, caught before they become files."""
    browser.run("window.saved = {}; save = (name, type, text) => { saved[name] = text; }")
    browser.run("document.querySelectorAll('section.figure .tools button').forEach((button) => "
                "{ if (!button.hidden && !button.disabled && ['SVG', 'CSV'].includes(button.textContent)) button.click(); })")
    return browser.run("saved")
