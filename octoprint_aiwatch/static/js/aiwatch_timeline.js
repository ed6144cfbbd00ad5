/* The curve of a job, live or out of the history. Pure, as aiwatch_core.js is. */
(() => {
"use strict";
const node = typeof module === "object";
const core = node ? require("./aiwatch_core.js") : AiWatch.core;

const {isNumber, list} = core;
const last = (items) => items[items.length - 1];
const round = (value) => Math.round(value * 10) / 10;
const nearest = (items, off) => items.reduce((best, one) =>
	(best && off(best) <= off(one) ? best : one), null);
const percent = (score) => (isNumber(score) ? `${Math.round(score * 100)} %` : "–");

const WIDTH = 600, HEIGHT = 80, BINS = 300, MARKS = 24, MOST_NOTES = 50;
/** What begins a stretch without a curve, and what ends it. */
const SPELLS = {blind: "recovered", pause: "resume"};
/** Of notes that fall together, the icon of the last of these is shown. */
const RANK = ["blind", "warning", "failure", "pause", "pause_failed"];
/** A job's line: times in seconds from its start, points as {n, t, score, who}. */
const NONE = {id: null, points: [], notes: [], end: 0};

/** "1:02:05" */
function clock(seconds) {
	const s = Math.max(0, Math.floor(seconds || 0));
	const two = (value) => String(value % 60).padStart(2, "0");
	return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60))}:${two(s)}`;
}

function read(job) {
	const columns = job.columns, judges = list(job.judges).slice();
	let who = "";
	const points = columns.n.map((n, at) => {
		while (judges.length && judges[0].n <= n) {
			const {label} = judges.shift();
			who = core.words[label] || label;
		}
		return {n, t: columns.at_s[at], score: columns.score[at], who};
	});
	const notes = list(job.notes).filter((note) => note.kind !== "settings");
	const ends = points.slice(-1).map((one) => one.t).concat(notes.map((one) => one.at_s));
	return {id: job.id, points, notes, end: ends.reduce((a, b) => Math.max(a, b), 0)};
}

function add(line, status) {
	if (!status.job) return line;
	const {id, elapsed_s: t} = status.job, n = status.checks, score = core.score(status);
	const {points, notes} = line.id === id ? line : NONE;
	const isNew = score !== null && !(points.length && last(points).n >= n);
	const more = isNew ? [{n, t, score, who: status.backend_label}] : [];
	return {id, points: points.concat(more), notes, end: t};
}

const note = (line, one) => (one.job !== line.id ? line :
	{...line, notes: line.notes.concat(one), end: Math.max(line.end, one.at_s)});

/** What was kept, followed by what the page has heard since. */
function merge(kept, heard) {
	if (kept.id !== heard.id) return kept;
	const since = (name, by) => kept[name].concat(heard[name].filter((one) =>
		!kept[name].length || one[by] > last(kept[name])[by]));
	return {
		id: kept.id, points: since("points", "n"), notes: since("notes", "at_s"),
		end: Math.max(kept.end, heard.end)
	};
}

/** When it was blind or paused; on a drawing, what touches is one. */
function spells(line, apart_s) {
	const found = [];
	Object.keys(SPELLS).forEach((kind) => {
		let open = null;
		line.notes.concat({kind: SPELLS[kind], at_s: line.end}).forEach((one) => {
			if (one.kind === kind && !open) {
				const before = last(found);
				if (before && before.kind === kind && one.at_s - before.to < apart_s) open = before;
				else found.push(open = {kind, from: one.at_s});
			}
			if (one.kind !== SPELLS[kind] || !open) return;
			open.to = one.at_s;
			open = null;
		});
	});
	return found.sort((a, b) => a.from - b.from);
}

/** Few points: of each bin the worst, so that no spike vanishes. */
function thinned(points, starts, x) {
	const kept = [];
	let gap = true, next = 0;
	points.forEach((point) => {
		for (; starts[next] <= point.t; next++) gap = true;
		if (!isNumber(point.score)) return void (gap = true);
		const before = last(kept), at = x(point.t), bin = Math.floor(at / WIDTH * BINS);
		if (!before || before.bin !== bin) {
			kept.push({...point, x: at, bin, gap});
			gap = false;
		} else if (point.score > before.score) Object.assign(before, point, {x: at});
	});
	return kept;
}

/** Points with x, score and gap as an SVG path; a lone one is a dot, for its round ends. */
const path = (points, height) => points.map((point, at) => {
	const next = points[at + 1], begins = !at || point.gap;
	return `${begins ? "M" : "L"}${round(point.x)},${round((1 - point.score) * height)}` +
		(begins && (!next || next.gap) ? "h0.1" : "");
}).join("");

function marks(notes, x, left) {
	const bins = {};
	notes.forEach((one) => {
		const bin = Math.floor(x(one.at_s) / WIDTH * MARKS);
		(bins[bin] = bins[bin] || []).push(one);
	});
	return Object.values(bins).map((ones) => {
		const {kind, at_s} = ones.reduce((best, one) =>
			(RANK.indexOf(one.kind) > RANK.indexOf(best.kind) ? one : best));
		const title = ones.slice(0, 8).map((one) => `${clock(one.at_s)} ${one.text}`).join("\n");
		return {kind, left: left(at_s), title};
	});
}

function judges(points, end, x, left) {
	const found = points.filter((one, at) => one.who && (!at || points[at - 1].who !== one.who));
	const from = (at) => (at ? (at < found.length ? found[at].t : end) : 0);
	return found.map((one, at) => ({label: one.who, width: left(from(at + 1) - from(at))}))
		.filter((one) => parseFloat(one.width) > 0.3);
}

function draw(line) {
	const span = Math.max(line.end, 30);
	const x = (t) => Math.min(1, Math.max(0, t / span)) * WIDTH;
	const left = (t) => `${round(x(t) / WIDTH * 100)}%`;
	const areas = spells(line, span / BINS);
	const points = thinned(line.points, areas.map((one) => one.from), x);
	areas.forEach((one) => Object.assign(one, {left: left(one.from), width: left(one.to - one.from)}));
	return {
		points, span, left, areas,
		path: path(points, HEIGHT),
		marks: marks(line.notes, x, left),
		judges: judges(line.points, line.end, x, left),
		notes: line.notes.slice(-MOST_NOTES).map((one) => ({...one, time: clock(one.at_s)})),
		duration: clock(line.end)
	};
}

function at(drawn, share) {
	const t = share * drawn.span;
	const off = (one) => Math.max(one.from - t, t - one.to);
	const spell = nearest(drawn.areas, off);
	if (spell && off(spell) < drawn.span / BINS) {
		return {left: drawn.left(t), kind: spell.kind, text: clock(t)};
	}
	const near = nearest(drawn.points, (point) => Math.abs(point.t - t));
	if (!near) return null;
	const words = [clock(near.t), percent(near.score), near.who].filter(Boolean);
	return {left: drawn.left(near.t), kind: "", text: words.join(", ")};
}

const timeline = {NONE, clock, percent, path, read, add, note, merge, draw, at};
if (node) module.exports = timeline;
else AiWatch.timeline = timeline;
})();
