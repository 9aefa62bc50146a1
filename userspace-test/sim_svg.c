// SPDX-License-Identifier: GPL-2.0
/*
 * The picture: see sim_svg.h. Above, what CPUs' magazines of the largest
 * classes can hold, all that is claimed, and the budget; below, a row for each
 * signal with a mark in each second in which it decided something. Lines are
 * stairs, with a point only where something changes, so that the file is small.
 */
#include <errno.h>
#include <stdio.h>

#include "sim.h"
#include "sim_svg.h"

#define WIDTH		760
#define LEFT		84
#define RIGHT		560
#define TOP		44
#define BOTTOM		284
#define FIRST_ROW	(BOTTOM + 46)
#define ROW		16
#define MOST_LINES	5

static const char *const colours[MOST_LINES] = {
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"
};

/* A picture that is being drawn. */
static struct drawing {
	FILE *file;
	unsigned long top_bytes;	/* at the upper edge */
	unsigned long step_bytes;	/* between two lines of the grid */
	unsigned int legend_y;
} d;

static unsigned int x_of(unsigned int interval)
{
	return LEFT + (RIGHT - LEFT) * interval / sim.nr_intervals;
}

/* In tenths of a pixel. */
static unsigned int y_of(unsigned long bytes)
{
	return 10 * BOTTOM - 10 * (BOTTOM - TOP) * bytes / d.top_bytes;
}

static const char *in_units(unsigned long bytes)
{
	static char text[32];

	if (bytes && !(bytes & ((1 << 20) - 1)))
		snprintf(text, sizeof(text), "%lu MiB", bytes >> 20);
	else if (bytes && !(bytes & 1023))
		snprintf(text, sizeof(text), "%lu KiB", bytes >> 10);
	else
		snprintf(text, sizeof(text), "%lu B", bytes);
	return text;
}

static void text(unsigned int x, unsigned int y, const char *class, const char *string)
{
	fprintf(d.file, "<text x=\"%u\" y=\"%u\" class=\"%s\">%s</text>\n", x, y, class, string);
}

/*
 * What is drawn of an interval: the bytes of a class, or all that is claimed.
 */

#define CLAIMED	ZPOOL_NR_CLASSES

static unsigned long bytes_of(unsigned int interval, unsigned int class)
{
	const struct sim_interval *i = &sim.intervals[interval];

	return class == CLAIMED ? i->claimed : i->class_bytes[class];
}

static unsigned long peak_of(unsigned int class)
{
	unsigned long peak = 0;
	unsigned int i;

	for (i = 0; i < sim.nr_intervals; i++)
		peak = max(peak, bytes_of(i, class));
	return peak;
}

/* Return: the class with the next lower peak than @above, if there is one with any. */
static unsigned int largest_below(unsigned long above)
{
	unsigned int class, largest = CLAIMED;
	unsigned long peak, most = 0;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		peak = peak_of(class);
		if (peak < above && peak > most) {
			most = peak;
			largest = class;
		}
	}
	return largest;
}

static bool shows_budget(void)
{
	return sim.budget <= 2 * peak_of(CLAIMED);
}

/* Five steps or fewer, of a power of two or one and a half. */
static void scale(void)
{
	unsigned long most = shows_budget() ? sim.budget : peak_of(CLAIMED);

	d.step_bytes = 1024;
	while (5 * d.step_bytes < most)
		d.step_bytes *= 2;
	d.top_bytes = DIV_ROUND_UP(most + 1, d.step_bytes) * d.step_bytes;
	if (d.top_bytes - most < d.step_bytes / 8)
		d.top_bytes += d.step_bytes / 4;
}

static void draw_legend(const char *colour, const char *dash, const char *label)
{
	d.legend_y += 18;
	fprintf(d.file, "<path class=\"l\" stroke=\"%s\"%s d=\"M%u %uh18\"/>\n", colour, dash,
		RIGHT + 16, d.legend_y - 4);
	text(RIGHT + 40, d.legend_y, "s", label);
}

static void draw_line(unsigned int class, const char *colour)
{
	unsigned int i, y, last = y_of(bytes_of(0, class));

	fprintf(d.file, "<path class=\"l\" stroke=\"%s\" d=\"M%u %u.%u", colour, LEFT, last / 10,
		last % 10);
	for (i = 1; i < sim.nr_intervals; i++) {
		y = y_of(bytes_of(i, class));
		if (y != last)
			fprintf(d.file, "H%uV%u.%u", x_of(i), y / 10, y % 10);
		last = y;
	}
	fprintf(d.file, "H%u\"/>\n", RIGHT);
}

static void draw_classes(unsigned int nr)
{
	unsigned long above = ULONG_MAX;
	unsigned int i, class;
	char label[48];

	for (i = 0; i < nr; i++) {
		class = largest_below(above);
		if (class == CLAIMED)
			break;
		above = peak_of(class);
		draw_line(class, colours[i]);
		snprintf(label, sizeof(label), "%s, on CPUs", in_units(zpool_class_size(class)));
		draw_legend(colours[i], "", label);
	}
}

static void draw_budget(void)
{
	unsigned int y = y_of(sim.budget);
	char label[48];

	snprintf(label, sizeof(label), "budget %s%s", in_units(sim.budget),
		 shows_budget() ? "" : ", far above");
	if (shows_budget())
		fprintf(d.file, "<path class=\"l\" stroke=\"#d00\" stroke-dasharray=\"5 3\""
			" d=\"M%u %u.%uH%u\"/>\n", LEFT, y / 10, y % 10, RIGHT);
	draw_legend("#d00", " stroke-dasharray=\"5 3\"", label);
}

static void draw_axes(void)
{
	unsigned int i, y, step = 10;
	unsigned long bytes;
	char label[16];

	for (bytes = 0; bytes <= d.top_bytes; bytes += d.step_bytes) {
		y = y_of(bytes) / 10;
		fprintf(d.file, "<path class=\"g\" d=\"M%u %uH%u\"/>\n", LEFT, y, RIGHT);
		text(LEFT - 6, y + 4, "s e", in_units(bytes));
	}
	while (sim.nr_intervals / step > 12)
		step += step < 20 ? 10 : step < 60 ? 40 : 60;
	for (i = 0; i <= sim.nr_intervals; i += step) {
		snprintf(label, sizeof(label), "%u", i);
		text(x_of(i), BOTTOM + 16, "s m", label);
	}
	text((LEFT + RIGHT) / 2, BOTTOM + 30, "s m", "seconds");
}

/* Neighbours in time are one mark. */
static void draw_row(unsigned int row, enum zpool_signal signal)
{
	unsigned int y = FIRST_ROW + ROW * row, i, begin;
	char label[32];

	text(LEFT - 6, y + 10, "s e", zpool_signal_name(signal));
	fprintf(d.file, "<path class=\"d\" d=\"");
	for (i = 0; i < sim.nr_intervals; i++) {
		for (begin = i; i < sim.nr_intervals && sim.intervals[i].decisions[signal]; i++)
			;
		if (i > begin)
			fprintf(d.file, "M%u %uh%uv9h-%uz", x_of(begin), y + 2,
				max(2U, x_of(i) - x_of(begin)), max(2U, x_of(i) - x_of(begin)));
	}
	fprintf(d.file, "\"/>\n");
	snprintf(label, sizeof(label), "%u", sim.decisions[signal]);
	text(RIGHT + 16, y + 10, "s", label);
}

static unsigned int nr_signals(void)
{
	unsigned int signal, nr = 0;

	for (signal = 0; signal < ZPOOL_NR_SIGNALS; signal++)
		nr += !!sim.decisions[signal];
	return nr;
}

static void draw_decisions(void)
{
	unsigned int signal, row = 0;

	if (nr_signals())
		text(RIGHT + 16, FIRST_ROW - 6, "s", "decisions, by signal");
	for (signal = 0; signal < ZPOOL_NR_SIGNALS; signal++)
		if (sim.decisions[signal])
			draw_row(row++, signal);
}

static void begin(const struct sim_scenario *scenario)
{
	unsigned int height = FIRST_ROW + ROW * nr_signals() + 8;
	char title[128];

	fprintf(d.file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\">\n"
		"<style>text{font-family:sans-serif;fill:#222}.t{font-size:14px;font-weight:bold}"
		".s{font-size:11px}.e{text-anchor:end}.m{text-anchor:middle}"
		".l{fill:none;stroke-width:1.6}.g{stroke:#ddd}.d{fill:#555}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", WIDTH, height);
	snprintf(title, sizeof(title), "%s: %s", scenario->name, scenario->what);
	text(LEFT, 20, "t", title);
	text(LEFT, TOP - 8, "s", "capacity");
}

/* What was not seen from one pass to the next makes no picture. */
void sim_svg_write(const char *dir, const struct sim_scenario *scenario)
{
	char path[256];

	if (sim.nr_intervals < 2)
		return;
	snprintf(path, sizeof(path), "%s/adapt-%s.svg", dir, scenario->name);
	d = (struct drawing) { .file = fopen(path, "w"), .legend_y = TOP - 6 };
	if (!d.file)
		shim_bug("%s: %s", path, strerror(errno));
	scale();
	begin(scenario);
	draw_axes();
	draw_classes(min_t(unsigned int, scenario->nr_lines, MOST_LINES));
	draw_line(CLAIMED, "#222");
	draw_legend("#222", "", "claimed in all");
	draw_budget();
	draw_decisions();
	fprintf(d.file, "</svg>\n");
	if (fclose(d.file))
		shim_bug("%s: %s", path, strerror(errno));
}
