#!/usr/bin/env python3
"""charts.py TEMPLATE OUTPUT CSV...: docs/benchmarks.md and its pictures, from the rows of vm/bench.sh.

The words are the template's. A line of it that begins with @ is the name of one of the functions below
that bear @directive, and its arguments, and is replaced by what that makes: a table, or a chart, which is
written beside OUTPUT. What has not been measured is said in its place. Figures are medians of the
rounds; each table names kernel, lane, command and date.
"""
import csv
import math
import os
import statistics
import sys

SIZES = [64, 512, 1024, 4096, 8192, 16384, 65536]
BATCHES = [1, 10, 100, 1000]
MIXES = {
    "tokio": "`size = 1024 + i % 4096`, one live",
    "tokio_memset": "the same, written over",
    "fixed": "64 B, one live, same loop",
    "mixed": "8 B to 64 KiB log-uniform, one live",
    "large": "8 to 64 KiB log-uniform, one live",
    "replace_16_1k": "random replacement in 512 slots, 16 B to 1 KiB",
    "replace_1k_5k": "the same, 1 to 5 KiB",
    "replace_16_64k": "the same, 16 B to 64 KiB",
}
COMMANDS = {"host": "make bench-host", "userspace": "make bench-peers"}
BUDGETS = {"automatic": "automatic budget", "131072": "`budget_kb=131072`"}
# Colours that people with any sight of colours tell apart; the marks differ, too.
LOOKS = {
    "zpool": ("#0072b2", "circle"), "kmalloc": ("#d55e00", "square"), "floor": ("#666666", "none"),
    "kmem_cache": ("#009e73", "diamond"), "pages": ("#cc79a7", "cross"),
}
SPARE_LOOKS = [("#0072b2", "circle"), ("#d55e00", "square"), ("#009e73", "diamond"),
               ("#cc79a7", "cross"), ("#b58900", "circle"), ("#56b4e9", "square"), ("#666666", "diamond")]

#
# The figures.
#


class Figures:
    """Medians of what was measured, by lane, load, size, batch, cpus, contender and budget."""

    def __init__(self, paths):
        rounds, self.kernels, self.dates = {}, {}, {}
        for path in paths:
            if os.path.exists(path):
                with open(path, newline="", encoding="ascii") as file:
                    for row in csv.DictReader(file):
                        if row["round"].isdigit():
                            rounds.setdefault(self.key(row), []).append(row)
                            self.kernels[row["lane"]] = row["kernel"]
                            self.dates[row["lane"]] = row.get("date") or ""
        self.medians = {key: self.median(rows) for key, rows in rounds.items()}

    @staticmethod
    def key(row):
        size = int(row["size"]) if row["size"].isdigit() else row["size"] # else from least to most
        return (row["lane"], row["load"], size, int(row["batch"]), int(row["cpus"]),
                row["contender"], row.get("budget_kb") or "")

    @staticmethod
    def median(rows):
        def of(column):
            values = [float(row[column]) for row in rows if row.get(column)]
            return statistics.median(values) if values else None
        return {"op": of("cpu_ns_per_op") or of("ns_per_op"), "held": of("held_bytes"), "peak": of("peak_bytes")}

    def get(self, what, lane, load, size, batch, contender, budget="automatic", cpus=1):
        """One figure, or None: `what` is op (ns, or instructions), held or peak."""
        return self.medians.get((lane, load, size, batch, cpus, contender, budget), {}).get(what)

    def has(self, lane):
        return lane in self.kernels

    def unit(self, lane):
        return "instructions" if lane.endswith("-icount") else "ns"

    def cross_budget(self, lane):
        """The one that holds all that is under way between CPUs, if the lane was run with it."""
        ample = any(key[0] == lane and key[1].startswith("cross_") and key[6] == "131072" for key in self.medians)
        return "131072" if ample else "automatic"

    def about(self, lane, budget=None):
        words = [f"Linux {self.kernels[lane]}", f"lane `{lane}`",
                 f"`{COMMANDS.get(lane, 'vm/bench.sh ' + lane)}`"]
        if self.dates[lane]:
            words.append(self.dates[lane])
        if budget:
            words.append(BUDGETS[budget])
        return ", ".join(words)


def ratio(a, b):
    return a / b if a is not None and b else None


def short(value):
    """A figure with three digits or all of its whole ones."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 99.5 else 1 if abs(value) >= 9.95 else 2
    return f"{value:.{digits}f}"


def mib(held):
    return f"{max(held, 0) / 2 ** 20:.1f}"


def size_name(size):
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])

#
# Pictures.
#


class Axis:
    """From values to places, logarithmic or linear; ticks at round values."""

    def __init__(self, values, start, end, log=True, least=None):
        low, high = min(values), max(values)
        if least is not None:
            low = min(low, least)
        self.log, self.start, self.end = log, start, end
        if log:
            self.ticks = self.log_ticks(low, high)
        else:
            step = 10 ** math.floor(math.log10(max(high, 1e-9)))
            step = step / 2 if high / step < 3 else step
            self.ticks = [step * i for i in range(math.ceil(high / step) + 1)]

    @staticmethod
    def log_ticks(low, high):
        ticks = [m * 10 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                 for m in (1, 2, 5)]
        first = max(i for i, t in enumerate(ticks) if t <= low * 1.0001)
        last = min(i for i, t in enumerate(ticks) if t >= high * 0.9999)
        return ticks[first:max(last, first + 1) + 1]

    def at(self, value):
        scale = math.log if self.log else float
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        return self.start + (self.end - self.start) * (scale(value) - low) / (high - low)


def tick_name(value):
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value:g}" if value < 1e4 else f"{value / 1e3:g} k"


class Picture:
    """An SVG with a background of its own, so that it is legible wherever it is shown."""

    def __init__(self, width, height, title, subtitle):
        self.width, self.height, self.items = width, height, []
        self.text(16, 22, title, "t")
        self.text(16, 40, subtitle, "s")

    def text(self, x, y, words, style=""):
        words = words.replace("&", "&amp;").replace("<", "&lt;").replace("`", "")
        self.items.append(f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{words}</text>')

    def line(self, points, colour, width=1.8, dash=""):
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.items.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{extra}/>')

    def bar(self, x, y, width, height, colour):
        self.items.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
                          f'fill="{colour}"/>')

    def mark(self, x, y, look):
        colour, shape = look
        if shape == "circle":
            self.items.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="{colour}"/>')
        elif shape == "square":
            self.bar(x - 3, y - 3, 6, 6, colour)
        elif shape == "diamond":
            self.items.append(f'<path d="M{x:.1f} {y - 4.4:.1f}l4.4 4.4l-4.4 4.4l-4.4 -4.4z" fill="{colour}"/>')
        elif shape == "cross":
            self.line([(x - 3, y - 3), (x + 3, y + 3)], colour)
            self.line([(x - 3, y + 3), (x + 3, y - 3)], colour)

    def legend(self, x, y, looks):
        for name, look in looks.items():
            self.line([(x, y - 4), (x + 22, y - 4)], look[0], dash="5 3" if look[1] == "none" else "")
            self.mark(x + 11, y - 4, look)
            self.text(x + 28, y, name, "s")
            x += 46 + 6.6 * len(name)

    def write(self, path):
        style = ("text{font-family:sans-serif;fill:#222;font-size:11px}.t{font-size:14px;font-weight:bold}"
                 ".e{text-anchor:end}.m{text-anchor:middle}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}">\n'
                       f'<style>{style}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n')
            file.write("\n".join(self.items) + "\n</svg>\n")


def draw_panel(picture, box, title, series, names, y_axis, one=False):
    """Lines over sizes in `box` (left, top, right, bottom); `series` maps a look to values, None where missing."""
    left, top, right, bottom = box
    picture.text((left + right) / 2, top - 8, title, "m")
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        picture.line([(left, y), (right, y)], "#222" if one and tick == 1 else "#ddd", 1)
        picture.text(left - 5, y + 4, tick_name(tick), "e")
    places = [left + (right - left) * (i + 0.5) / len(names) for i in range(len(names))]
    for x, name in zip(places, names):
        picture.text(x, bottom + 15, name, "m")
    for look, values in series:
        points = [(x, y_axis.at(v)) for x, v in zip(places, values) if v is not None]
        if points:
            picture.line(points, look[0], dash="5 3" if look[1] == "none" else "")
        for x, y in points:
            picture.mark(x, y, look)


def draw_panels(title, subtitle, y_title, panels, looks, one=False):
    """Two panels in a row, with one logarithmic axis for all: `panels` is (title, {name: values}), ..."""
    rows = (len(panels) + 1) // 2
    picture = Picture(860, 104 + 214 * rows, title, subtitle)
    picture.legend(16, 62, looks)
    values = [v for _, lines in panels for line in lines.values() for v in line if v is not None]
    names = [str(s) if s < 1024 else f"{s // 1024} K" for s in SIZES]
    for i, (name, lines) in enumerate(panels):
        left, top = 62 + 420 * (i % 2), 112 + 214 * (i // 2)
        y_axis = Axis(values, top + 160, top, least=1 if one else None)
        series = [(looks[n], line) for n, line in lines.items()]
        draw_panel(picture, (left, top, left + 356, top + 160), name, series, names, y_axis, one)
    picture.text(16, 82, f"{y_title}, over the size of an object in bytes", "s")
    return picture

#
# Tables. Each returns text, or None where nothing was measured.
#


DIRECTIVES = {}


def directive(function):
    DIRECTIVES[function.__name__] = function
    return function


def compare_rows(figures, lane, load, batch, budget, sizes):
    """kmalloc, zpool, floor and their ratios, for a batch, over sizes."""
    def line(contender):
        return [figures.get("op", lane, load, size, batch, contender, budget) for size in sizes]
    kmalloc, zpool, floor = line("kmalloc"), line("zpool"), line("floor")
    rows = [("kmalloc", kmalloc), ("zpool", zpool), ("floor", floor),
            ("**kmalloc/zpool**", [ratio(k, z) for k, z in zip(kmalloc, zpool)]),
            ("zpool/floor", [ratio(z, f) for z, f in zip(zpool, floor)])]
    return [[str(batch), name] + [short(v) for v in values] for name, values in rows]


@directive
def batches(figures, _, lane, load, budget):
    """@batches LANE LOAD BUDGET: batches over sizes; LOAD is batch, shuffled or hardirq."""
    if not figures.has(lane):
        return None
    rows = [row for batch in BATCHES if figures.get("op", lane, load, 64, batch, "zpool", budget)
            for row in compare_rows(figures, lane, load, batch, budget, SIZES)]
    head = ["batch", f"{figures.unit(lane)} a pair"] + [size_name(s) for s in SIZES]
    return f"{figures.about(lane, budget)}:\n\n" + table(head, rows)


@directive
def budgets(figures, _, lane):
    """@budgets LANE: loads that take 2 % more or less with the one budget than with the other."""
    if not figures.has(lane):
        return None
    rows = []
    for key in figures.medians:
        if key[0] != lane or key[5] != "zpool" or key[6] != "automatic":
            continue
        _, load, size, batch, cpus, _, _ = key
        few = figures.get("op", lane, load, size, batch, "zpool", "automatic", cpus)
        many = figures.get("op", lane, load, size, batch, "zpool", "131072", cpus)
        if many and abs(few / many - 1) > 0.02:
            kmalloc = figures.get("op", lane, load, size, batch, "kmalloc", "automatic", cpus)
            rows.append([f"{load}, batch {batch}, {cpus} CPU", size_name(size) if size else "mixed", short(few),
                         short(many), short(kmalloc)])
    head = ["load", "size", "zpool, automatic", "zpool, 131072", "kmalloc"]
    return f"{figures.about(lane)}, {figures.unit(lane)} a pair:\n\n" + table(head, rows) if rows else None


@directive
def mixes(figures, _, budget, *lanes):
    """@mixes BUDGET LANE...: the loads of many sizes, a group of columns for each lane."""
    lanes = [lane for lane in lanes if figures.has(lane)]
    if not lanes:
        return None
    head, rows = ["load"], []
    for lane in lanes:
        head += [f"{lane}: kmalloc", "zpool", "floor", "**kmalloc/zpool**", "zpool/floor"]
    for load, words in MIXES.items():
        row = [words]
        for lane in lanes:
            batch = 512 if load.startswith("replace") else 1
            k, z, f = (figures.get("op", lane, load, 64 if load == "fixed" else 0, batch, c, budget)
                       for c in ("kmalloc", "zpool", "floor"))
            row += [short(v) for v in (k, z, f, ratio(k, z), ratio(z, f))]
        rows.append(row)
    about = "; ".join(f"{figures.about(lane, budget)}, {figures.unit(lane)}" for lane in lanes)
    return f"{about}, a pair:\n\n" + table(head, rows)


@directive
def bulk(figures, _, lane, budget):
    """@bulk LANE BUDGET: 16 and 64 objects at once and one by one, general and typed."""
    if not figures.has(lane):
        return None
    kinds = [("zpool", "batch", "bulk"), ("zpool_cache", "typed", "typed_bulk"),
             ("kmem_cache", "typed", "typed_bulk"), ("kmalloc", "batch", None)]
    rows = []
    for batch in (16, 64):
        for contender, single, many in kinds:
            for load, words in ((single, "one by one"), (many, "at once")):
                if load:
                    rows.append([str(batch), contender, words] + [
                        short(figures.get("op", lane, load, s, batch, contender, budget)) for s in SIZES])
    head = ["objects", "contender", f"{figures.unit(lane)} an object"] + [size_name(s) for s in SIZES]
    return f"{figures.about(lane, budget)}:\n\n" + table(head, rows)


@directive
def typed(figures, _, lane, budget):
    """@typed LANE BUDGET: typed caches of both allocators."""
    if not figures.has(lane):
        return None
    rows = []
    for batch in BATCHES:
        ours, theirs = ([figures.get("op", lane, "typed", s, batch, c, budget) for s in SIZES]
                        for c in ("zpool_cache", "kmem_cache"))
        for name, values in (("kmem_cache", theirs), ("zpool_cache", ours),
                             ("**kmem_cache/zpool_cache**", [ratio(t, o) for t, o in zip(theirs, ours)])):
            rows.append([str(batch), name] + [short(v) for v in values])
    head = ["batch", f"{figures.unit(lane)} a pair"] + [size_name(s) for s in SIZES]
    return f"{figures.about(lane, budget)}:\n\n" + table(head, rows)


@directive
def cross(figures, _, *lanes):
    """@cross LANE...: one CPU allocates, another frees; kmalloc's time over zpool's, and both times."""
    rows, abouts = [], []
    for lane in lanes:
        if not figures.has(lane):
            continue
        budget = figures.cross_budget(lane)
        abouts.append(figures.about(lane, budget))
        for load, words in (("cross_node", "one node"), ("cross_nodes", "two nodes")):
            for cpus in (2, 4):
                times = [[figures.get("op", lane, load, s, 32, c, budget, cpus) for s in SIZES]
                         for c in ("kmalloc", "zpool")]
                if not any(times[1]):
                    continue
                where = f"{lane}: {cpus} CPUs, {words}"
                rows.append([where, "**kmalloc/zpool**"] + [short(ratio(k, z)) for k, z in zip(*times)])
                rows += [["", f"{name}, ns"] + [short(v) for v in line]
                         for name, line in zip(("kmalloc", "zpool"), times)]
    if not rows:
        return None
    return "; ".join(abouts) + ":\n\n" + table(["players", ""] + [size_name(s) for s in SIZES], rows)


@directive
def burst(figures, _, *lanes):
    """@burst LANE...: bursts and what is left of them."""
    rows, abouts = [], []
    for lane in lanes:
        found = sorted((key for key in figures.medians if key[0] == lane and key[1] == "burst"),
                       key=lambda key: (key[2], key[5]))
        abouts += [figures.about(lane, "automatic")] if found else []
        for _, load, size, batch, _, contender, _ in found:
            def of(what, which=load, nr=batch, at=(lane, size, contender)):
                return figures.get(what, at[0], which, at[1], nr, at[2])
            rows.append([lane, size_name(size), contender, f"{short(of('op'))} {figures.unit(lane)}",
                         mib(of("peak")), mib(of("held")), f"{of('op', 'burst_back') / 1e9:.1f} s",
                         mib(of("held", "burst_back"))])
    head = ["lane", "size", "contender", "a pair", "MiB held at the top", "right after the free",
            "back within 1 MiB after", "MiB held then"]
    return "; ".join(abouts) + ":\n\n" + table(head, rows) if rows else None


@directive
def startup(figures, _, *lanes):
    """@startup LANE...: insmod kzpool.ko."""
    rows = []
    for lane in lanes:
        if figures.get("op", lane, "startup", 0, 1, "zpool") is not None:
            ns = figures.get("op", lane, "startup", 0, 1, "zpool")
            count = f"{ns / 1e6:.2f} M instructions" if figures.unit(lane) != "ns" else f"{ns / 1e6:.2f} ms"
            rows.append([figures.about(lane, "automatic"), count] + [
                short(figures.get("held", lane, "startup", 0, 1, c) / 1024) for c in ("zpool", "zpool_stats")])
    head = ["", "insmod, its process included", "free memory fell by, KiB", "kzpool's own account, KiB"]
    return table(head, rows) if rows else None


def most_above_kmalloc(figures, lane, budget):
    """The load in whose peak zpool holds most more than kmalloc, in words."""
    above = {}
    for key, median in figures.medians.items():
        theirs = figures.medians.get(key[:5] + ("kmalloc",) + key[6:], {}).get("peak")
        if key[0] == lane and key[5:] == ("zpool", budget) and None not in (theirs, median["peak"]):
            above[key] = median["peak"] - theirs
    key = max(above, key=above.get)
    size = size_name(key[2]) if key[2] else "mixed"
    return f"Most above kmalloc in any load: {above[key] / 1024:.0f} KiB ({key[1]}, {size}, batch {key[3]})."


@directive
def memory(figures, _, lane, budget):
    """@memory LANE BUDGET: bytes held when most objects are alive."""
    if not figures.has(lane):
        return None
    loads = [("batch", size, batch, f"{batch} x {size_name(size)}") for batch in (100, 1000) for size in SIZES]
    loads += [(load, 0, 512, MIXES[load].replace("the same", "replacement")) for load in MIXES
              if load.startswith("replace")]
    rows = []
    for load, size, batch, words in loads:
        peaks = [figures.get("peak", lane, load, size, batch, c, budget) for c in ("kmalloc", "zpool")]
        if None not in peaks:
            after = [figures.get("held", lane, load, size, batch, c, budget) for c in ("kmalloc", "zpool")]
            rows.append([words] + [f"{v / 1024:.0f}" for v in peaks + [peaks[1] - peaks[0]] + after])
    head = ["load", "kmalloc, KiB", "zpool, KiB", "zpool more", "after it: kmalloc", "zpool"]
    return (f"{figures.about(lane, budget)}:\n\n{table(head, rows)}\n\n" +
            most_above_kmalloc(figures, lane, budget))


@directive
def userspace(figures, _):
    """@userspace: what the rows of that lane hold, whichever contenders they name, in the order of the rows."""
    lane = "userspace"
    if not figures.has(lane):
        return None
    mine = [key for key in figures.medians if key[0] == lane]
    contenders = list(dict.fromkeys(key[5] for key in mine))
    rows = []
    for load in dict.fromkeys(key[1:5] + key[6:] for key in mine):
        values = [figures.get("op", lane, *load[:3], c, load[4], load[3]) for c in contenders]
        rows.append([str(word) for word in load[:4]] + [short(v) for v in values])
    return "`make bench-peers`, ns of CPU time:\n\n" + table(["load", "bytes", "live", "CPUs"] + contenders, rows)

#
# Charts. Each writes a picture and returns the line that shows it.
#


def show(picture, docs, name, words):
    picture.write(os.path.join(docs, name))
    return f"![{words}]({name})"


@directive
def sizes_chart(figures, docs, lane, budget):
    """@sizes_chart LANE BUDGET: cost over size, a panel for each batch."""
    if not figures.has(lane):
        return None
    contenders = ["kmalloc", "kmem_cache", "zpool", "floor"]
    panels = [(f"{batch} alive at once",
               {c: [figures.get("op", lane, "batch", s, batch, c, budget) for s in SIZES] for c in contenders})
              for batch in BATCHES]
    unit = "instructions" if figures.unit(lane) != "ns" else "nanoseconds"
    picture = draw_panels(f"A pair of alloc and free: {unit}", figures.about(lane, budget),
                          f"{unit} a pair (logarithmic)", panels, {c: LOOKS[c] for c in contenders})
    return show(picture, docs, f"benchmarks-sizes-{lane}.svg", f"{unit} a pair over sizes, {lane}")


@directive
def cross_chart(figures, docs, *lanes):
    """@cross_chart LANE...: kmalloc's time over zpool's, a panel for each lane."""
    looks, panels = {}, []
    for lane in (lane for lane in lanes if figures.has(lane)):
        lines, budget = {}, figures.cross_budget(lane)
        for load, words in (("cross_node", "one node"), ("cross_nodes", "two nodes")):
            for cpus in (2, 4):
                line = [ratio(*(figures.get("op", lane, load, s, 32, c, budget, cpus)
                                for c in ("kmalloc", "zpool"))) for s in SIZES]
                if any(v is not None for v in line):
                    name = f"{cpus} CPUs, {words}"
                    lines[name] = line
                    looks.setdefault(name, SPARE_LOOKS[len(looks)])
        panels.append((f"{lane}, {figures.kernels[lane]}, {figures.dates[lane]}, {BUDGETS[budget]}", lines))
    if not looks:
        return None
    picture = draw_panels("One CPU allocates, another frees: kmalloc's time over zpool's",
                          "above 1 zpool is faster; vm/bench.sh LANE",
                          "ratio (logarithmic)", panels, looks, one=True)
    return show(picture, docs, "benchmarks-cross.svg", "across CPUs, kmalloc's time over zpool's")


@directive
def mixes_chart(figures, docs, budget, *lanes):
    """@mixes_chart BUDGET LANE...: kmalloc over zpool for the loads of many sizes, a bar for each lane."""
    lanes = [lane for lane in lanes if figures.has(lane)]
    if not lanes:
        return None
    bars = {(load, lane): ratio(*(figures.get("op", lane, load, 64 if load == "fixed" else 0,
                                              512 if load.startswith("replace") else 1, c, budget)
                                  for c in ("kmalloc", "zpool"))) for load in MIXES for lane in lanes}
    top = 76 + 16 * len(lanes)
    picture = Picture(860, top + 10 + len(MIXES) * (14 * len(lanes) + 12), "Many sizes: kmalloc's cost over zpool's",
                      f"ratio (logarithmic), above 1 zpool is cheaper; {BUDGETS[budget]}")
    for i, lane in enumerate(lanes):
        picture.bar(16, 48 + 16 * i, 11, 11, SPARE_LOOKS[i][0])
        picture.text(32, 58 + 16 * i, f"{figures.about(lane)}: {figures.unit(lane)}")
    x_axis = Axis([v for v in bars.values() if v], 130, 810, least=0.9)
    y = top
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        picture.line([(x, y - 8), (x, picture.height - 10)], "#222" if tick == 1 else "#ddd", 1)
        picture.text(x, y - 14, tick_name(tick), "m")
    for load in MIXES:
        for lane, (colour, _) in zip(lanes, SPARE_LOOKS):
            value = bars[load, lane]
            if value:
                left, right = sorted((x_axis.at(1), x_axis.at(value)))
                picture.bar(left, y, right - left, 11, colour)
                picture.text(right + 4, y + 10, short(value))
            y += 14
        picture.text(122, y - 7 * len(lanes) + 2, load, "e")
        y += 12
    return show(picture, docs, "benchmarks-mixes.svg", "loads of many sizes, kmalloc's cost over zpool's")


@directive
def memory_chart(figures, docs, lane):
    """@memory_chart LANE: bytes held at the peak, for two batches."""
    if not figures.has(lane):
        return None
    contenders = ["kmalloc", "pages", "zpool", "floor"]
    def peak(*which):
        held = figures.get("peak", lane, "batch", *which)
        return held / 1024 if held and held > 0 else None
    panels = [(f"{batch} alive", {c: [peak(s, batch, c) for s in SIZES] for c in contenders}) for batch in (100, 1000)]
    picture = draw_panels("Memory held when most objects are alive", figures.about(lane, "automatic"),
                          "KiB by which free memory has fallen (logarithmic)", panels,
                          {c: LOOKS[c] for c in contenders})
    return show(picture, docs, "benchmarks-memory.svg", "memory held at the peak")


def expand(line, figures, docs):
    name, *arguments = line[1:].split()
    made = DIRECTIVES[name](figures, docs, *arguments)
    if made is None:
        return f"(Not measured when this page was made: {' '.join(arguments) or name}.)"
    return made


def main():
    template, output, *paths = sys.argv[1:]
    figures, docs = Figures(paths), os.path.dirname(output)
    if not figures.kernels:
        sys.exit("kzpool: nothing has been measured yet: make bench measures")
    with open(template, encoding="utf-8") as file:
        lines = [expand(line, figures, docs) if line.startswith("@") else line.rstrip("\n") for line in file]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
