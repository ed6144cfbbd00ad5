/* What the history's views compute. Pure, as aiwatch_core.js is. */
(() => {
"use strict";
const node = typeof module === "object";
const core = node ? require("./aiwatch_core.js") : AiWatch.core;
const timeline = node ? require("./aiwatch_timeline.js") : AiWatch.timeline;

const {isNumber, list} = core, {clock, percent, path} = timeline;
const nameOf = (job) => String(job.name || core.say("no_name"));

/** Scores as points of a small curve, with gaps where there are none. */
const spark = (scores) => scores.map((score, at) => ({
	score, gap: !isNumber(scores[at - 1]), x: at / Math.max(1, scores.length - 1) * 100
})).filter((point) => isNumber(point.score));

function rows(jobs) {
	return list(jobs).map((job) => ({
		id: job.id,
		name: nameOf(job),
		when: isNumber(job.started_at)
			? new Date(job.started_at * 1000).toLocaleString() : "–",
		outcome: job.outcome || "running",
		worst: percent(job.worst),
		warnings: job.warnings || 0,
		pauses: list(job.pauses).length,
		who: Array.from(new Set(list(job.pauses).map((pause) => pause.who))),
		calls: list(job.calls).reduce((sum, one) => sum + one.calls, 0) +
			(job.cost_usd ? `, US$ ${job.cost_usd.toFixed(2)}` : ""),
		mark: job.mark,
		spark: path(spark(list(job.sparkline)), 20)
	}));
}

function frameAt(columns, index) {
	for (let at = index; at >= 0; at--) {
		if (columns.frame[at]) return {n: columns.n[at], own: at === index};
	}
	return null;
}

function stepTo(key, index, count) {
	const to = {
		ArrowLeft: index - 1, ArrowRight: index + 1, PageUp: index - 30,
		PageDown: index + 30, Home: 0, End: count - 1
	}[key];
	return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}

function position(columns, index) {
	if (!columns.n.length) return "";
	return core.say("position", {
		n: index + 1,
		all: columns.n.length,
		time: clock(columns.at_s[index]),
		score: percent(columns.score[index]),
		verdict: core.verdictWord({verdict: columns.verdict[index]})
	});
}

function notes(job) {
	const times = job.columns.at_s;
	return list(job.notes).filter((note) => note.kind !== "settings").map((note) => {
		const after = times.findIndex((at) => at >= note.at_s);
		return {
			at: after < 0 ? Math.max(0, times.length - 1) : after,
			time: clock(note.at_s), kind: note.kind, who: note.who, text: String(note.text)
		};
	});
}

function tuned(job, result) {
	const was = list(job.pauses).filter((pause) => pause.who === "us").length;
	const warnings = result.warnings.length, pauses = result.pauses.length;
	return {
		name: nameOf(job),
		warnings: `${job.warnings} → ${warnings}`,
		pauses: `${was} → ${pauses}`,
		when: result.pauses.map((pause) => clock(pause.at_s)).join(", "),
		calls: result.calls,
		other: was !== pauses || job.warnings !== warnings,
		fixed: result.checks > 0 && result.fixed === result.checks
	};
}

function decision(fields) {
	const found = {};
	Object.keys(fields).forEach((name) => (found[name] = core.toNumber(fields[name])));
	return Object.values(found).every(isNumber) ? found : null;
}

const past = {rows, frameAt, stepTo, position, notes, tuned, decision};
if (node) module.exports = past;
else AiWatch.past = past;
})();
