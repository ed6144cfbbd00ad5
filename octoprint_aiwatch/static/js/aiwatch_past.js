/*
 * What the history's views compute: words, curves, which frame to show, sums.
 * Pure as aiwatch_core.js is, and run by `node --test` too.
 */
(function (root, factory) {
    if (typeof module === "object" && module.exports) {
        module.exports = factory(root, require("./aiwatch_core.js"));
    } else {
        root.AiWatch.past = factory(root, root.AiWatch.core);
    }
})(typeof self !== "undefined" ? self : globalThis, function (root, core) {
    "use strict";

    const gettext = (text) => (root.gettext ? root.gettext(text) : text);
    const isNumber = (value) => typeof value === "number" && isFinite(value);
    const list = (value) => (Array.isArray(value) ? value : []);
    const round = (value) => Math.round(value * 10) / 10;
    const percent = (score) => (isNumber(score) ? `${Math.round(score * 100)} %` : "–");

    /** @returns {string} "1:02:05" */
    function clock(seconds) {
        const s = Math.max(0, Math.floor(isNumber(seconds) ? seconds : 0));
        const two = (value) => String(value).padStart(2, "0");
        return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    }

    /** @returns {string} how a job ended */
    function outcomeWord(outcome) {
        return {
            done: gettext("Done"),
            cancelled: gettext("Cancelled"),
            failed: gettext("Failed"),
            error: gettext("Printer error"),
            disconnected: gettext("Disconnected"),
            shutdown: gettext("OctoPrint ended"),
            replaced: gettext("Another print began")
        }[outcome] || (outcome ? gettext("Unknown") : gettext("Running"));
    }

    /** @returns {string} who paused */
    function whoWord(who) {
        return {
            us: gettext("AI Watch"), user: gettext("you"), printer: gettext("the printer")
        }[who] || "";
    }

    /** @returns {string} "2: AI Watch, you" */
    function pausesText(pauses) {
        const given = list(pauses);
        const names = given.map((pause) => whoWord(pause.who)).filter(Boolean);
        const who = Array.from(new Set(names)).join(", ");
        return who ? `${given.length}: ${who}` : String(given.length);
    }

    /** @returns {string} calls, and what they cost where somebody knows */
    function callsText(job) {
        const calls = list(job.calls).reduce((sum, one) => sum + one.calls, 0);
        return job.cost_usd ? `${calls}, US$ ${job.cost_usd.toFixed(2)}` : String(calls);
    }

    /**
     * Scores from left to right as an SVG path; where there is none there is a gap.
     * @param {(number|null)[]} scores
     * @param {number} width
     * @param {number} height
     * @returns {string}
     */
    function path(scores, width, height) {
        const last = Math.max(1, scores.length - 1);
        let pen = "M";
        return scores.map(function (score, at) {
            if (!isNumber(score)) {
                pen = "M";
                return "";
            }
            const x = round((at / last) * width), y = round((1 - score) * height);
            const dot = scores.length === 1 ? "h0.1" : "";
            const step = `${pen}${x},${y}${dot}`;
            pen = "L";
            return step;
        }).join("");
    }

    /** The worst of every few scores: as many points as can be seen. */
    function thinned(scores, most) {
        if (scores.length <= most) return scores;
        const found = [];
        for (let n = 0; n < most; n++) {
            const part = scores.slice(
                Math.floor((n * scores.length) / most),
                Math.floor(((n + 1) * scores.length) / most)
            ).filter(isNumber);
            found.push(part.length ? Math.max(...part) : null);
        }
        return found;
    }

    /** @returns {Object[]} the jobs as the list shows them */
    function rows(jobs) {
        return list(jobs).map((job) => ({
            id: String(job.id),
            job: job,
            name: String(job.name || gettext("(no name)")),
            when: isNumber(job.started_at)
                ? new Date(job.started_at * 1000).toLocaleString() : "–",
            outcome: outcomeWord(job.outcome),
            worst: percent(job.worst),
            warnings: job.warnings || 0,
            pauses: pausesText(job.pauses),
            calls: callsText(job),
            mark: job.mark || "",
            spark: path(list(job.sparkline), 100, 20)
        }));
    }

    /**
     * Which frame belongs to a check: its own, or the last one kept before it.
     * @param {{n: number[], frame: number[]}} columns
     * @param {number} index
     * @returns {{n: number, own: boolean}|null}
     */
    function frameAt(columns, index) {
        for (let at = index; at >= 0; at--) {
            if (columns.frame[at]) return {n: columns.n[at], own: at === index};
        }
        return null;
    }

    /** @returns {number|null} where a key leads to, null for a key that leads nowhere */
    function stepTo(key, index, count) {
        const to = {
            ArrowLeft: index - 1, ArrowRight: index + 1, PageUp: index - 30,
            PageDown: index + 30, Home: 0, End: count - 1
        }[key];
        return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
    }

    /** @returns {string} "Check 3 of 20, 0:01:30, 35 %, Looks fine" */
    function position(columns, index) {
        if (!columns.n.length) return "";
        const text = gettext("Check %(n)s of %(all)s, %(time)s, risk %(score)s, %(verdict)s");
        return core.fill(text, {
            n: index + 1,
            all: columns.n.length,
            time: clock(columns.at_s[index]),
            score: percent(columns.score[index]),
            verdict: core.verdictWord({verdict: columns.verdict[index]})
        });
    }

    /** @returns {{at: number, text: string}[]} what happened, each with its place */
    function notes(document) {
        const times = document.columns.at_s;
        return list(document.notes).filter((note) => note.kind !== "settings").map(function (note) {
            const after = times.findIndex((at) => at >= note.at_s);
            const who = note.kind === "pause" ? whoWord(note.who) : "";
            return {
                at: after < 0 ? Math.max(0, times.length - 1) : after,
                time: clock(note.at_s),
                kind: note.kind,
                text: who ? `${note.text} (${who})` : String(note.text)
            };
        });
    }

    /** @returns {Object} one job of the tuner: what was, and what would have been */
    function tuned(job, result) {
        const was = list(job.pauses).filter((pause) => pause.who === "us").length;
        return {
            name: String(job.name || gettext("(no name)")),
            warnings: `${job.warnings || 0} → ${result.warnings.length}`,
            pauses: `${was} → ${result.pauses.length}`,
            when: result.pauses.map((pause) => clock(pause.at_s)).join(", "),
            calls: result.calls,
            other: was !== result.pauses.length || (job.warnings || 0) !== result.warnings.length,
            note: result.checks && result.fixed === result.checks
                ? gettext("decided by the service") : ""
        };
    }

    /** @returns {Object<string, number>} the tuner's fields as numbers; {} if one is none */
    function decision(fields) {
        const found = {};
        Object.keys(fields).forEach((name) => (found[name] = core.toNumber(fields[name])));
        return Object.values(found).every(isNumber) ? found : {};
    }

    /** @returns {string} "12 jobs, 34.5 of 500 MB" */
    function usedText(document) {
        return core.fill(gettext("%(jobs)s of %(most)s jobs, %(mb)s of %(most_mb)s MB"), {
            jobs: list(document.jobs).length, most: document.keep_jobs,
            mb: document.used_mb, most_mb: document.keep_mb
        });
    }

    return {
        clock, outcomeWord, whoWord, pausesText, callsText, path, thinned, rows, frameAt,
        stepTo, position, notes, tuned, decision, usedText
    };
});
