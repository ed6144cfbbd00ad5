/* What the history's views compute. Pure, as aiwatch_core.js is. */
(function (root, factory) {
	if (typeof module === "object" && module.exports) {
		module.exports = factory(require("./aiwatch_core.js"));
	} else {
		root.AiWatch.past = factory(root.AiWatch.core);
	}
})(typeof self !== "undefined" ? self : globalThis, function (core) {
	"use strict";

	const isNumber = (value) => typeof value === "number" && isFinite(value);
	const list = (value) => (Array.isArray(value) ? value : []);
	const round = (value) => Math.round(value * 10) / 10;
	const percent = (score) => (isNumber(score) ? `${Math.round(score * 100)} %` : "–");
	const nameOf = (job) => String(job.name || core.say("no_name"));

	/** @returns {string} "1:02:05" */
	function clock(seconds) {
		const s = Math.max(0, Math.floor(seconds || 0));
		const two = (value) => String(value % 60).padStart(2, "0");
		return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60))}:${two(s)}`;
	}

	/** @returns {string} scores as an SVG path, with gaps where there are none */
	function path(scores, width, height) {
		const last = Math.max(1, scores.length - 1);
		let pen = "M";
		return scores.map(function (score, at) {
			if (!isNumber(score)) return (pen = "M", "");
			const step = `${pen}${round((at / last) * width)},${round((1 - score) * height)}`;
			pen = "L";
			return step + (scores.length === 1 ? "h0.1" : "");
		}).join("");
	}

	/** @returns {Object[]} the jobs as the list shows them */
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
			spark: path(list(job.sparkline), 100, 20)
		}));
	}

	/** @returns {{n: number, own: boolean}|null} a check's frame, or the one before it */
	function frameAt(columns, index) {
		for (let at = index; at >= 0; at--) {
			if (columns.frame[at]) return {n: columns.n[at], own: at === index};
		}
		return null;
	}

	/** @returns {number|null} where a key leads to */
	function stepTo(key, index, count) {
		const to = {
			ArrowLeft: index - 1, ArrowRight: index + 1, PageUp: index - 30,
			PageDown: index + 30, Home: 0, End: count - 1
		}[key];
		return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
	}

	/** @returns {string} which check it is, when it was, and what it came to */
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

	/** @returns {Object[]} what happened, each with the check that followed */
	function notes(job) {
		const times = job.columns.at_s;
		return list(job.notes).filter((note) => note.kind !== "settings").map(function (note) {
			const after = times.findIndex((at) => at >= note.at_s);
			return {
				at: after < 0 ? Math.max(0, times.length - 1) : after,
				time: clock(note.at_s), kind: note.kind, who: note.who, text: String(note.text)
			};
		});
	}

	/** @returns {Object} what a job was, and what it would have been */
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

	/** @returns {Object|null} the tuner's fields as numbers, null if one is none */
	function decision(fields) {
		const found = {};
		Object.keys(fields).forEach((name) => (found[name] = core.toNumber(fields[name])));
		return Object.values(found).every(isNumber) ? found : null;
	}

	return {clock, path, rows, frameAt, stepTo, position, notes, tuned, decision};
});
