/*
 * What the views of AI Watch compute: words, geometry, countdowns, form rules.
 * It must not touch the page, Knockout, the network or the clock, so that
 * `node --test` can run all of it.
 */
(function (root, factory) {
	const core = factory(root);
	if (typeof module === "object" && module.exports) {
		module.exports = core;
	} else {
		root.AiWatch = root.AiWatch || {};
		root.AiWatch.core = core;
	}
})(typeof self !== "undefined" ? self : globalThis, function (root) {
	"use strict";

	/**
	 * @typedef {{confidence: number, x: number, y: number, w: number, h: number}} Detection
	 * @typedef {Object<string, *>} Status the status document of api/status
	 * @typedef {{flip_h: boolean, flip_v: boolean, rotate_90: boolean}} View how OctoPrint
	 *     shows the webcam: flipped, then turned by 90 degrees counter-clockwise. Boxes and
	 *     zones are on the frame as it was delivered.
	 */

	const DEFAULT_ZONES = [0.4, 0.7];
	const GAUGE = {x: 100, y: 100, outer: 88, gap: 0.006};
	// The worse the zone the thicker its band: colour is never the only sign.
	const INNER = {ok: 76, warning: 70, failure: 62};

	const gettext = (text) => (root.gettext ? root.gettext(text) : text);

	/** Fills %(name)s marks. */
	function fill(text, values) {
		return text.replace(/%\((\w+)\)s/g, (mark, name) =>
			name in values ? String(values[name]) : mark
		);
	}

	const isNumber = (value) => typeof value === "number" && isFinite(value);
	const clamp01 = (value) => Math.min(1, Math.max(0, value));

	/** What is shown before the server has said anything */
	function emptyStatus() {
		return {
			phase: "idle", verdict: "unknown", score: null, blind: false,
			suppressed: false, reason: "", reasons: [], backend_label: "", camera: null,
			job: null, paused_by: null, outlook: "", next_check_s: null, checks: 0, detections: [], pauses: 0,
			max_pauses: 0, enabled: true, hold: null, grace_s: 0, frame: null,
			quality: null, action: null, view: null, ladder: [],
			budget: {monthly_calls: 0, typical_h: 0, backends: []}
		};
	}

	/** The score to draw; anything but a known number is missing, never 0. */
	function score(status) {
		if (status.blind || status.verdict === "unknown" || !isNumber(status.score)) {
			return null;
		}
		return clamp01(status.score);
	}

	/** Where warning and failure begin */
	function zones(status) {
		const given = status.zones;
		const usable =
			Array.isArray(given) && given.length === 2 && given.every(isNumber) &&
			given[0] > 0 && given[0] < given[1] && given[1] < 1;
		return usable ? given : DEFAULT_ZONES;
	}

	function zoneOf(value, limits) {
		if (value === null) return null;
		if (value < limits[0]) return "ok";
		return value < limits[1] ? "warning" : "failure";
	}

	/** Degrees from upright: -90 at score 0, 90 at score 1 */
	const angle = (value) => Math.round((clamp01(value) * 180 - 90) * 10) / 10;

	function spot(radius, part) {
		const turn = Math.PI * (1 - part);
		const round = (value) => Math.round(value * 100) / 100;
		return [
			round(GAUGE.x + radius * Math.cos(turn)),
			round(GAUGE.y - radius * Math.sin(turn))
		];
	}

	/** One band of the gauge as an SVG path. */
	function band(from, to, inner) {
		const a = spot(GAUGE.outer, from), b = spot(GAUGE.outer, to);
		const c = spot(inner, to), d = spot(inner, from);
		return (
			`M${a}A${GAUGE.outer},${GAUGE.outer} 0 0 1 ${b}` +
			`L${c}A${inner},${inner} 0 0 0 ${d}Z`
		);
	}

	/** Everything the gauge's drawing binds to. */
	function gauge(status) {
		const value = score(status);
		const [low, high] = zones(status);
		const ends = {ok: [0, low], warning: [low, high], failure: [high, 1]};
		const bands = {}, signs = {};
		Object.keys(ends).forEach((name) => {
			const [from, to] = ends[name];
			bands[name] = band(
				from + (from > 0 ? GAUGE.gap : 0), to - (to < 1 ? GAUGE.gap : 0), INNER[name]
			);
			signs[name] = `translate(${spot(GAUGE.outer + 9, (from + to) / 2)})`;
		});
		const state = status.blind ? "blind" : value === null ? "none" : "score";
		return {
			state, bands, signs, sign: sign(status),
			zone: zoneOf(value, [low, high]),
			needle: value !== null,
			turn: `rotate(${angle(value === null ? 0 : value)}deg)`,
			text: scoreText(status),
			caption: state === "score" ? gettext("risk") : "",
			label: summary(status)
		};
	}

	/** The score in words; "blind" and "no data" when there is none */
	function scoreText(status) {
		const value = score(status);
		if (status.blind) return gettext("blind");
		return value === null ? gettext("no data") : `${Math.round(value * 100)} %`;
	}

	/** @returns {string} one of ok, warning, failure, blind, none: how to dress the verdict */
	function look(status) {
		if (status.blind) return "blind";
		return ["ok", "warning", "failure"].includes(status.verdict) ? status.verdict : "none";
	}

	/** @returns {string} */
	function verdictWord(status) {
		return {
			ok: gettext("Looks fine"),
			warning: gettext("Warning"),
			failure: gettext("Failure"),
			blind: gettext("Blind"),
			none: gettext("No data")
		}[look(status)];
	}

	/** The hold, and of a pause who made it */
	function holdOf(status) {
		const who = status.hold === "paused" && status.paused_by;
		return who ? `paused_${who}` : status.hold;
	}

	/** What keeps it from watching, empty if nothing; each has its shape */
	function sign(status) {
		if (status.blind) return "blind";
		if (status.enabled === false || ["disabled", "in_file"].includes(status.hold)) return "off";
		return status.phase === "held" ? holdOf(status) || "" : "";
	}

	/** @returns {string} what the watch is doing, or what it is waiting for */
	function phaseWords(status) {
		const off = gettext("Switched off in the settings");
		if (status.enabled === false || status.hold === "disabled") return off;
		if (status.phase === "held") {
			return {
				starting: gettext("Waiting for the print to begin"),
				in_file: gettext("Switched off in the G-code"),
				heating: gettext("Waiting for the heaters"),
				pausing: gettext("Print is pausing"),
				paused: gettext("Print is paused"),
				paused_us: gettext("Paused by AI Watch"),
				paused_user: gettext("Paused by you"),
				paused_printer: gettext("Paused by the printer"),
				resuming: gettext("Print is resuming"),
				finishing: gettext("Print is finishing"),
				ask: gettext("Stopped: needs your attention")
			}[holdOf(status)] || gettext("Waiting");
		}
		return {
			idle: gettext("No print to watch"),
			opening: gettext("Getting ready"),
			watching: gettext("Watching")
		}[status.phase] || gettext("Unknown");
	}

	/** @returns {string} what the watch did to the print, empty if nothing */
	function actionWords(status) {
		return {
			waiting: gettext("Pausing at the next change of height"),
			pausing: gettext("Pause requested, waiting for the printer"),
			paused: gettext("AI Watch paused this print"),
			pause_failed: gettext("The printer did not pause. Please go and look."),
			cancelling: gettext("Cancelling the print"),
			cancelled: gettext("AI Watch cancelled this print")
		}[status.action] || "";
	}

	/** @returns {string[]} the reasons that the one sentence has not said already */
	function furtherReasons(status) {
		return (status.reasons || [])
			// The countdown says it already, and is never stale.
			.filter((reason) => !reason || !["next_look", "looking"].includes(reason.code))
			.map((reason) => String((reason && reason.text) || ""))
			.filter((text) => text && !String(status.reason).includes(text));
	}

	/** Who judges and who would, worth showing only where there are several. */
	function ladderRows(status) {
		const steps = status.ladder || [];
		if (steps.length < 2) return [];
		return steps.map(function (step) {
			const again = step.again_s > 0 ? duration(step.again_s) : "";
			const word = {
				judging: gettext("judges"),
				ready: gettext("ready"),
				waiting: again
					? fill(gettext("asked again in %(time)s"), {time: again})
					: gettext("waiting"),
				off: gettext("off until you change its settings"),
				spent: gettext("this month's calls are used up")
			}[step.state] || "";
			return {label: step.label, state: step.state, word, why: step.reason || ""};
		});
	}

	/** @returns {string} "$0.40", and a dash for a price that nobody told us */
	const money = (usd) => (isNumber(usd) ? `$${usd.toFixed(2)}` : "–");

	/** The month's calls of every backend whose calls are counted. */
	function budgetRows(status) {
		return ((status.budget || {}).backends || []).map((one) => ({
			key: one.key,
			label: one.label,
			used: String(one.calls),
			left: isNumber(one.calls_left) ? String(one.calls_left) : "–",
			cost: money(one.cost_usd),
			typical: fill(gettext("%(calls)s calls, %(cost)s"),
				{calls: one.typical_calls, cost: money(one.typical_cost_usd)})
		}));
	}

	/** A list with one of its values moved up by one, or taken out. */
	function moved(list, value) {
		const at = list.indexOf(value), next = list.slice();
		if (at > 0) next.splice(at - 1, 2, value, list[at - 1]);
		return next;
	}

	/** @returns {string} Gadget's 1 to 10 in words, empty when it is not there */
	function qualityWords(quality) {
		if (!isNumber(quality) || quality < 1 || quality > 10) return "";
		let word = gettext("bad");
		if (quality >= 9) word = gettext("very good");
		else if (quality >= 7) word = gettext("good");
		else if (quality >= 5) word = gettext("fair");
		else if (quality >= 3) word = gettext("poor");
		return fill(gettext("%(word)s (%(n)s of 10)"), {word, n: Math.round(quality)});
	}

	/** @returns {string} "12 s", "2 min 5 s", "1 h 3 min" */
	function duration(seconds) {
		const whole = Math.max(0, Math.ceil(seconds - 0.001));
		const h = Math.floor(whole / 3600), m = Math.floor((whole % 3600) / 60);
		const s = whole % 60;
		if (h) return m ? `${h} h ${m} min` : `${h} h`;
		if (m) return s ? `${m} min ${s} s` : `${m} min`;
		return `${s} s`;
	}

	/** Seconds left of a number of seconds that was true at another time. */
	function remaining(seconds, sinceMs, nowMs) {
		if (!isNumber(seconds)) return null;
		return Math.max(0, seconds - Math.max(0, nowMs - sinceMs) / 1000);
	}

	/** @returns {string} when the next check comes, empty if none is planned */
	function countdown(seconds) {
		if (seconds === null) return "";
		return seconds <= 0 ? gettext("now") : fill(gettext("in %(time)s"), {time: duration(seconds)});
	}

	/** @returns {string} the whole state as one line, for tooltips and screen readers */
	function summary(status) {
		const words = [verdictWord(status)];
		const value = score(status);
		if (value !== null) words.push(fill(gettext("risk %(n)s"), {n: scoreText(status)}));
		words.push(actionWords(status) || phaseWords(status));
		if (status.suppressed) words.push(gettext("alerts are off for this print"));
		return words.join(", ");
	}

	/** Where a point of the frame is seen. */
	function seen(view, [x, y]) {
		const across = view && view.flip_h ? 1 - x : x, down = view && view.flip_v ? 1 - y : y;
		return view && view.rotate_90 ? [down, 1 - across] : [across, down];
	}

	/** The point of the frame that is seen there: `seen` backwards */
	function delivered(view, [x, y]) {
		const across = view && view.rotate_90 ? 1 - y : x, down = view && view.rotate_90 ? x : y;
		return [view && view.flip_h ? 1 - across : across, view && view.flip_v ? 1 - down : down];
	}

	/** What a style sheet makes of a view; what comes last is done first */
	function transform(view) {
		const {flip_h, flip_v, rotate_90} = view || {};
		const steps = rotate_90 ? ["translate(-50%, -50%)", "rotate(-90deg)"] : [];
		if (flip_h || flip_v) steps.push(`scale(${flip_h ? -1 : 1}, ${flip_v ? -1 : 1})`);
		return steps.join(" ");
	}

	/** Where a detection is drawn, as the percentages an SVG understands. */
	function box(detection, view) {
		const given = detection || {};
		const [x, y] = seen(view, [given.x, given.y]);
		const [w, h] = view && view.rotate_90 ? [given.h, given.w] : [given.w, given.h];
		if (![x, y, w, h].every(isNumber) || w <= 0 || h <= 0) return null;
		const left = clamp01(x - w / 2), right = clamp01(x + w / 2);
		const top = clamp01(y - h / 2), bottom = clamp01(y + h / 2);
		if (right <= left || bottom <= top) return null;
		const percent = (value) => `${Math.round(value * 10000) / 100}%`;
		const known = isNumber(detection.confidence);
		return {
			detection: detection,
			key: [x, y, w, h].join(),
			counts: detection.counts !== false,
			note: unlessWords(detection.unless),
			x: percent(left), y: percent(top),
			width: percent(right - left), height: percent(bottom - top),
			// Near the upper edge the label goes inside the box, else above it.
			dy: top < 0.08 ? "15" : "-5",
			label: known ? `${Math.round(clamp01(detection.confidence) * 100)} %` : ""
		};
	}

	/** @returns {string} what keeps a detection from counting, empty if nothing does */
	function unlessWords(unless) {
		return {
			ignored_zone: gettext("in an ignored place"),
			not_a_failure: gettext("not a failure"),
			background: gettext("there from the start"),
			passing: gettext("does not stay in one place")
		}[unless] || "";
	}

	const MOST_PICKS = 6;

	/** The boxes to point at, the surest first */
	function picks(drawn) {
		return (drawn || []).filter((box) => !["ignored_zone", "not_a_failure"].includes(
			box.detection.unless)).slice(0, MOST_PICKS);
	}

	/** What is sent for a button, with what it is about */
	function commandBody(command, detection, job) {
		if (job) return {command: command, job: job};
		if (!detection) return {command: command};
		const {x, y, w, h} = detection;
		return {command: command, box: {x, y, w, h}};
	}

	/** Polygons as an SVG of 100 by 100 understands them. */
	function polygons(zones, view) {
		return (Array.isArray(zones) ? zones : []).map((zone) => (Array.isArray(zone) ? zone : [])
			.map((point) => seen(view, point))
			.map(([x, y]) => `${Math.round(x * 10000) / 100},${Math.round(y * 10000) / 100}`)
			.join(" "));
	}

	/** Where somebody points at, as shares of an element. */
	function corner(event, rect) {
		const share = (at, start, size) =>
			Math.round(clamp01((at - start) / (size || 1)) * 10000) / 10000;
		return [share(event.clientX, rect.left, rect.width),
			share(event.clientY, rect.top, rect.height)];
	}

	/** Boxes as they are drawn. */
	function boxes(detections, view) {
		return (Array.isArray(detections) ? detections : [])
			.map((detection) => box(detection, view)).filter(Boolean);
	}

	/** Which buttons can be pressed. */
	function buttons(status, canControl) {
		const job = canControl && !!status.job;
		const suspicious =
			["warning", "failure"].includes(status.verdict) || boxes(status.detections).length > 0 ||
			["waiting", "pausing", "paused", "pause_failed"].includes(status.action);
		return {
			suppress: job && !status.suppressed,
			unsuppress: job && !!status.suppressed,
			not_a_failure: job && suspicious,
			check_now: job && status.phase !== "idle"
		};
	}

	// ---- settings -------------------------------------------------------------

	/** What an input holds as what the settings want: a number where it is one. Anything else is
	    passed on as typed, so that the server can say what is wrong. */
	function toNumber(typed) {
		if (typeof typed === "number") return typed;
		const text = String(typed === null || typed === undefined ? "" : typed).trim();
		const value = Number(text.replace(",", "."));
		return text !== "" && isFinite(value) ? value : text;
	}

	/** What is wrong, empty if nothing */
	function rangeProblem(value, min, max, whole, optional) {
		if (optional && (value === null || value === undefined || value === "")) return "";
		const number = toNumber(value);
		const range = {min, max};
		if (!isNumber(number) || number < min || number > max) {
			return fill(gettext("A number from %(min)s to %(max)s, please."), range);
		}
		if (whole && Math.floor(number) !== number) {
			return fill(gettext("A whole number from %(min)s to %(max)s, please."), range);
		}
		return "";
	}

	/** Secrets leave the page only when they were typed in it. */
	function secretsToSend(typed) {
		const sent = {};
		Object.keys(typed).forEach((path) => {
			const text = typeof typed[path] === "string" ? typed[path].trim() : "";
			if (text) sent[path] = text;
		});
		return sent;
	}

	function forgetList(marked, sent) {
		return Object.keys(marked).filter((path) => marked[path] && !(path in sent)).sort();
	}

	/** The body of a connection test: the form as it stands, saved or not. */
	function testBody(backend, values, typed, camera) {
		const fields = Object.assign({}, values);
		const prefix = `backends.${backend}.`;
		const sent = secretsToSend(typed);
		Object.keys(sent).forEach((path) => {
			if (path.startsWith(prefix)) fields[path.slice(prefix.length)] = sent[path];
		});
		return {backend, fields, camera: {name: camera.name || "", timeout_s: camera.timeout_s}};
	}

	/** What a connection test's answer looks like on the page. */
	function testResult(answer) {
		const given = answer && typeof answer === "object" ? answer : {};
		const names = {snapshot: gettext("Snapshot"), backend: gettext("Backend")};
		const steps = (Array.isArray(given.steps) ? given.steps : []).map((step) => ({
			ok: step.ok === true,
			name: names[step.name] || String(step.name || ""),
			text: String(step.text || ""),
			advice: String(step.advice || "")
		}));
		const frame = String(given.frame || "");
		const ok = given.ok === true && steps.every((step) => step.ok);
		const value = isNumber(given.score) ? given.score : null;
		let text = ok ? gettext("The test passed.") : gettext("The test failed.");
		if (ok && value !== null) {
			text += " " + fill(gettext("Risk in this frame: %(n)s %."), {
				n: Math.round(clamp01(value) * 100)
			});
		}
		return {
			ok, text, steps,
			took: isNumber(given.took_s) ? `${given.took_s.toFixed(1)} s` : "",
			// Only what is surely a picture goes into an img.
			frame: /^data:image\/jpeg;base64,[A-Za-z0-9+/=\s]+$/.test(frame) ? frame : "",
			view: given.view || null,
			boxes: boxes(given.detections, given.view)
		};
	}

	/** One sentence for people */
	function errorText(xhr) {
		const error = xhr && xhr.responseJSON && xhr.responseJSON.error;
		if (error && typeof error.text === "string" && error.text) return error.text;
		if (xhr && xhr.status === 403) return gettext("You are not allowed to do this.");
		if (xhr && xhr.status === 409) return gettext("Not possible right now.");
		if (!xhr || !xhr.status) return gettext("OctoPrint could not be reached.");
		return fill(gettext("OctoPrint answered with error %(n)s."), {n: xhr.status});
	}

	/** Which entry of a list of addresses is chosen; "other" for an address of one's own. */
	function choiceOf(value, choices) {
		const plain = (url) => String(url || "").trim().replace(/\/+$/, "").toLowerCase();
		const found = choices.find((choice) => plain(choice) === plain(value));
		return found === undefined ? "other" : found;
	}

	/** The cameras to choose from; a chosen one that is gone stays in the list. */
	function cameraOptions(webcams, chosen) {
		const list = (webcams || []).map((cam) => ({
			value: cam.name,
			label: cam.canSnapshot
				? cam.displayName || cam.name
				: fill(gettext("%(name)s (takes no snapshots)"), {name: cam.displayName || cam.name})
		}));
		if (chosen && !list.some((cam) => cam.value === chosen)) {
			list.push({value: chosen, label: fill(gettext("%(name)s (not there)"), {name: chosen})});
		}
		return [{value: "", label: gettext("OctoPrint's snapshot camera")}].concat(list);
	}

	/** The kind of service */
	function serviceName(url) {
		return String(url).trim().split("://")[0].toLowerCase();
	}

	/** What is wrong, empty if nothing */
	function serviceProblem(url) {
		const text = String(url || "").trim();
		if (!text || /^[a-z0-9+]+:\/\/\S/i.test(text)) return "";
		return gettext("It looks like ntfy://topic.");
	}

	function serviceResult(answer) {
		const ok = !!answer && answer.ok === true;
		const words = String((answer && answer.text) || "");
		const text = ok ? gettext("It arrived.") : gettext("It did not arrive.");
		return {ok, text: words ? `${text} ${words}` : text};
	}

	/** What OctoPrint's health page says of one of our checks. */
	function health(name, context) {
		const titles = {
			webcam: gettext("AI Watch cannot use the webcam"),
			backend: gettext("AI Watch: a backend does not judge"),
			last_check: gettext("AI Watch has not judged a frame for long"),
			disk: gettext("AI Watch has hardly any room on disk")
		};
		const found = context && typeof context === "object" ? context : {};
		const lines = Object.keys(found).map((key) =>
			(key === "reason" ? String(found[key]) : `${key}: ${found[key]}`));
		return {title: titles[name] || `AI Watch: ${name}`, lines};
	}

	return {
		isNumber, emptyStatus, fill, score, zones, zoneOf, angle, band, gauge, scoreText, look,
		verdictWord, phaseWords, sign, actionWords, furtherReasons, qualityWords, ladderRows, budgetRows, moved, duration, remaining, countdown,
		summary, seen, delivered, transform, box, boxes, picks, commandBody, polygons, corner, buttons, toNumber, rangeProblem,
		secretsToSend, forgetList, testBody, testResult, errorText, choiceOf, cameraOptions,
		serviceName, serviceProblem, serviceResult, health
	};
});
