/*
 * What the views of AI Watch compute: words, geometry, countdowns, form rules.
 * It must not touch the page, Knockout, the network or the clock, so that
 * `node --test` can run all of it.
 */
(function (root, factory) {
	const core = factory();
	if (typeof module === "object" && module.exports) {
		module.exports = core;
	} else {
		root.AiWatch = root.AiWatch || {};
		root.AiWatch.core = core;
	}
})(typeof self !== "undefined" ? self : globalThis, function () {
	"use strict";

	/**
	 * Detection {confidence, x, y, w, h}, status as api/status gives it, and view: how
	 * OctoPrint shows the webcam, flipped, then turned by 90 degrees counter-clockwise.
	 * Boxes and zones are on the frame as it was delivered.
	 */
	const DEFAULT_ZONES = [0.4, 0.7];
	const GAUGE = {x: 100, y: 100, outer: 88, gap: 0.006};
	// The worse the zone the thicker its band: colour is never the only sign.
	const INNER = {ok: 76, warning: 70, failure: 62};

	/** What is said, by code, in the page's language; the page fills it. */
	const words = Object.create(null);

	const isNumber = (value) => typeof value === "number" && isFinite(value);

	/** The sentence of a code; {name} and {name:.1f} stand for values, even sentences. */
	function say(code, values) {
		return (words[code] || "").replace(/\{(\w+)(?::\.(\d)f)?\}/g, function (_, name, digits) {
			const value = (values || {})[name];
			if (value && value.code) return explain(value);
			return digits && isNumber(value) ? value.toFixed(digits) : String(value ?? "");
		});
	}

	/** What an object with code and params says, with its advice. */
	const explain = (one) => (words[one.code]
		? `${say(one.code, one.params)} ${words["advice_" + one.code] || ""}`.trim()
		: String(one.text || one.code || ""));

	/** What the server sent, with every sentence in it in the page's language. */
	function translated(value) {
		if (Array.isArray(value)) return value.map(translated);
		if (!value || typeof value !== "object") return value;
		const copy = {};
		Object.keys(value).forEach((key) => (copy[key] = translated(value[key])));
		if (words[value.code]) copy.text = explain(value);
		if (words[value.title_code]) copy.title = say(value.title_code);
		["label", "backend_label"].forEach((key) =>
			words[copy[key]] && (copy[key] = words[copy[key]]));
		if (copy.why && copy.why.text) copy.reason = copy.why.text;
		return copy;
	}

	/** Fills %(name)s marks. */
	const fill = (text, values) =>
		text.replace(/%\((\w+)\)s/g, (mark, name) => String(values[name] ?? mark));

	const clamp01 = (value) => Math.min(1, Math.max(0, value));

	/** What is shown before the server has said anything */
	function emptyStatus() {
		return {
			phase: "idle", verdict: "unknown", score: null, blind: false,
			suppressed: false, reason: "", reasons: [], backend_label: "", camera: null,
			job: null, paused_by: null, outlook: null, next_check_s: null, checks: 0, detections: [], pauses: 0,
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

	/** @returns {number[]} where warning and failure begin */
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
			caption: state === "score" ? say("gauge_caption") : "",
			label: summary(status)
		};
	}

	/** The score in words; "blind" and "no data" when there is none */
	function scoreText(status) {
		const value = score(status);
		if (status.blind) return say("gauge_blind");
		return value === null ? say("gauge_none") : `${Math.round(value * 100)} %`;
	}

	/** @returns {string} one of ok, warning, failure, blind, none: how to dress the verdict */
	function look(status) {
		if (status.blind) return "blind";
		return ["ok", "warning", "failure"].includes(status.verdict) ? status.verdict : "none";
	}

	const verdictWord = (status) => say("look_" + look(status));

	/** The hold, and of a pause who made it. */
	function holdOf(status) {
		const who = status.hold === "paused" && status.paused_by;
		return who ? `paused_${who}` : status.hold;
	}

	/** What keeps it from watching, empty if nothing; each has its shape. */
	function sign(status) {
		if (status.blind) return "blind";
		if (status.enabled === false || ["disabled", "in_file"].includes(status.hold)) return "off";
		return status.phase === "held" ? holdOf(status) || "" : "";
	}

	/** What the watch is doing, or what it is waiting for. */
	function phaseWords(status) {
		const {enabled, phase} = status;
		return say("phase_" + (enabled === false ? "disabled" : holdOf(status))) ||
			say("phase_" + phase) || say("phase_unknown");
	}

	/** What the watch did to the print, empty if nothing. */
	const actionWords = (status) => say("action_" + status.action);

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
			const state = again && step.state === "waiting" ? "again" : step.state;
			const word = say("step_" + state, {time: again});
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
			typical: say("calls_and_cost",
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
		const word = quality >= 9 ? "very_good" : quality >= 7 ? "good"
			: quality >= 5 ? "fair" : quality >= 3 ? "poor" : "bad";
		return say("quality", {word: say("quality_" + word), n: Math.round(quality)});
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
		return say(seconds <= 0 ? "now" : "in_time", {time: duration(seconds)});
	}

	/** @returns {string} the whole state as one line, for tooltips and screen readers */
	function summary(status) {
		const words = [verdictWord(status)];
		const value = score(status);
		if (value !== null) words.push(say("risk", {n: scoreText(status)}));
		words.push(actionWords(status) || phaseWords(status));
		if (status.suppressed) words.push(say("alerts_off"));
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

	/** What keeps a detection from counting, empty if nothing does. */
	const unlessWords = (unless) => say("unless_" + unless);

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

	/** What is typed as a number, or as it is where it is none: the server says what is wrong. */
	function toNumber(typed) {
		if (typeof typed === "number") return typed;
		const text = String(typed ?? "").trim();
		const value = Number(text.replace(",", "."));
		return text !== "" && isFinite(value) ? value : text;
	}

	/** Secrets leave the page only when they were typed in it. */
	function secretsToSend(typed) {
		return Object.fromEntries(Object.entries(typed).filter(([, text]) =>
			typeof text === "string" && text.trim()).map(([path, text]) => [path, text.trim()]));
	}

	function forgetList(marked, sent) {
		return Object.keys(marked).filter((path) => marked[path] && !(path in sent)).sort();
	}

	/** The body of a connection test: the form as it stands, saved or not. */
	function testBody(backend, values, typed, camera) {
		const fields = Object.assign({}, values), prefix = `backends.${backend}.`;
		Object.entries(secretsToSend(typed)).forEach(([path, text]) => {
			if (path.startsWith(prefix)) fields[path.slice(prefix.length)] = text;
		});
		return {backend, fields, camera: {name: camera.name || "", timeout_s: camera.timeout_s}};
	}

	/** What a connection test's answer looks like on the page. */
	function testResult(answer) {
		const given = answer && typeof answer === "object" ? answer : {};
		const steps = (Array.isArray(given.steps) ? given.steps : []).map((step) => ({
			ok: step.ok === true,
			name: say("link_" + step.name) || String(step.name || ""),
			text: String(step.text || ""),
			advice: String(step.advice || "")
		}));
		const frame = String(given.frame || "");
		const ok = given.ok === true && steps.every((step) => step.ok);
		let text = say(ok ? "test_passed" : "test_failed");
		if (ok && isNumber(given.score)) {
			text += " " + say("test_risk", {n: Math.round(clamp01(given.score) * 100)});
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
		const said = xhr?.responseJSON?.error?.text, status = xhr?.status || 0;
		if (said && typeof said === "string") return said;
		return say("error_" + status) || say("error_other", {n: status});
	}

	/** The cameras to choose from; a chosen one that is gone stays in the list. */
	function cameraOptions(webcams, chosen) {
		const list = (webcams || []).map((cam) => ({
			value: cam.name,
			label: cam.canSnapshot
				? cam.displayName || cam.name
				: say("camera_blind", {name: cam.displayName || cam.name})
		}));
		if (chosen && !list.some((cam) => cam.value === chosen)) {
			list.push({value: chosen, label: say("camera_gone", {name: chosen})});
		}
		return [{value: "", label: say("camera_default")}].concat(list);
	}

	/** The kind of service */
	function serviceName(url) {
		return String(url).trim().split("://")[0].toLowerCase();
	}

	/** What is wrong, empty if nothing */
	function serviceProblem(url) {
		const text = String(url || "").trim();
		return !text || /^[a-z0-9+]+:\/\/\S/i.test(text) ? "" : say("looks_like_ntfy");
	}

	function serviceResult(answer) {
		const ok = answer?.ok === true;
		return {ok, text: `${say(ok ? "arrived" : "not_arrived")} ${answer?.text || ""}`.trim()};
	}

	/** What OctoPrint's health page says of one of our checks. */
	function health(name, context) {
		const found = context && typeof context === "object" ? context : {};
		const lines = Object.keys(found).map((key) =>
			(key === "reason" ? "" : `${key}: `) + explain(found[key]));
		return {title: say("health_" + name) || `AI Watch: ${name}`, lines};
	}

	return {
		words, say, translated, isNumber, fill, emptyStatus, score, zones, zoneOf, angle, band, gauge, scoreText, look,
		verdictWord, phaseWords, sign, actionWords, furtherReasons, qualityWords, ladderRows, budgetRows, moved, duration, remaining, countdown,
		summary, seen, delivered, transform, box, boxes, picks, commandBody, polygons, corner, buttons, toNumber,
		secretsToSend, forgetList, testBody, testResult, errorText, cameraOptions,
		serviceName, serviceProblem, serviceResult, health
	};
});
