/* What the views compute. Touches neither page, Knockout, network nor clock: node tests it. */
(() => {
"use strict";

/* Detections, zones and status are as api/status gives them: on the frame as delivered. A view
   is how OctoPrint shows the webcam: flipped, then turned by 90 degrees counter-clockwise. */
const DEFAULT_ZONES = [0.4, 0.7];

/** What is said, by code, in the page's language; the page fills it. */
const words = Object.create(null);

const list = (value) => (Array.isArray(value) ? value : []);
const isNumber = (value) => typeof value === "number" && isFinite(value);

/** The sentence of a code; {name} and {name:.1f} stand for values, even sentences. */
function say(code, values) {
	return (words[code] || "").replace(/\{(\w+)(?::\.(\d)f)?\}/g, (_, name, digits) => {
		const value = (values || {})[name];
		if (value && value.code) return explain(value);
		return digits && isNumber(value) ? value.toFixed(digits) : String(value ?? "");
	});
}

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

const hundredths = (share) => Math.round(share * 10000) / 100;
const clamp01 = (value) => Math.min(1, Math.max(0, value));

const emptyStatus = () => ({
	phase: "idle", verdict: "unknown", reason: "", checks: 0, pauses: 0, max_pauses: 0,
	budget: {typical_h: 0}
});

/** The score to draw; anything but a known number is missing, never 0. */
function score(status) {
	const known = !status.blind && status.verdict !== "unknown" && isNumber(status.score);
	return known ? clamp01(status.score) : null;
}

const zones = (status) => status.zones || DEFAULT_ZONES;

function zoneOf(value, limits) {
	if (value === null) return null;
	return value < limits[0] ? "ok" : value < limits[1] ? "warning" : "failure";
}

/** Degrees from upright: -90 at score 0, 90 at score 1 */
const angle = (value) => Math.round((clamp01(value) * 180 - 90) * 10) / 10;

function gauge(status) {
	const value = score(status);
	const state = status.blind ? "blind" : value === null ? "none" : "score";
	return {
		state, sign: sign(status),
		zone: zoneOf(value, zones(status)),
		turn: `rotate(${angle(value === null ? 0 : value)}deg)`,
		text: scoreText(status),
		caption: state === "score" ? say("gauge_caption") : "",
		label: summary(status)
	};
}

function scoreText(status) {
	const value = score(status);
	if (status.blind) return say("gauge_blind");
	return value === null ? say("gauge_none") : `${Math.round(value * 100)} %`;
}

/** One of ok, warning, failure, blind, none: how to dress the verdict */
function look(status) {
	if (status.blind) return "blind";
	return ["ok", "warning", "failure"].includes(status.verdict) ? status.verdict : "none";
}

const verdictWord = (status) => say("look_" + look(status));

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

function phaseWords(status) {
	const {enabled, phase} = status;
	return say("phase_" + (enabled === false ? "disabled" : holdOf(status))) ||
		say("phase_" + phase) || say("phase_unknown");
}

const actionWords = (status) => say("action_" + status.action);

/** The reasons that the one sentence has not said already */
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
	return steps.map((step) => {
		const again = step.again_s > 0 ? duration(step.again_s) : "";
		const state = again && step.state === "waiting" ? "again" : step.state;
		const word = say("step_" + state, {time: again});
		return {label: step.label, state: step.state, word, why: step.reason || ""};
	});
}

/** "$0.40", and a dash for a price that nobody told us */
const money = (usd) => (isNumber(usd) ? `$${usd.toFixed(2)}` : "–");

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

function moved(list, value) {
	const at = list.indexOf(value), next = list.slice();
	if (at > 0) next.splice(at - 1, 2, value, list[at - 1]);
	return next;
}

/** Gadget's 1 to 10 in words, empty when it is not there */
function qualityWords(quality) {
	if (!isNumber(quality) || quality < 1 || quality > 10) return "";
	const word = ["bad", "poor", "fair", "good", "very_good"][Math.floor((quality - 1) / 2)];
	return say("quality", {word: say("quality_" + word), n: Math.round(quality)});
}

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
	return isNumber(seconds) ? Math.max(0, seconds - Math.max(0, nowMs - sinceMs) / 1000) : null;
}

function countdown(seconds) {
	if (seconds === null) return "";
	return say(seconds <= 0 ? "now" : "in_time", {time: duration(seconds)});
}

function summary(status) {
	const words = [verdictWord(status)];
	const value = score(status);
	if (value !== null) words.push(say("risk", {n: scoreText(status)}));
	words.push(actionWords(status) || phaseWords(status));
	if (status.suppressed) words.push(say("alerts_off"));
	return words.join(", ");
}

function seen(view, [x, y]) {
	const across = view && view.flip_h ? 1 - x : x, down = view && view.flip_v ? 1 - y : y;
	return view && view.rotate_90 ? [down, 1 - across] : [across, down];
}

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

function box(detection, view) {
	const given = detection || {};
	const [x, y] = seen(view, [given.x, given.y]);
	const [w, h] = view && view.rotate_90 ? [given.h, given.w] : [given.w, given.h];
	if (![x, y, w, h].every(isNumber) || w <= 0 || h <= 0) return null;
	const left = clamp01(x - w / 2), right = clamp01(x + w / 2);
	const top = clamp01(y - h / 2), bottom = clamp01(y + h / 2);
	if (right <= left || bottom <= top) return null;
	const percent = (value) => `${hundredths(value)}%`;
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

const unlessWords = (unless) => say("unless_" + unless);

const MOST_PICKS = 6;

function picks(drawn) {
	return (drawn || []).filter((box) => !["ignored_zone", "not_a_failure"].includes(
		box.detection.unless)).slice(0, MOST_PICKS);
}

function commandBody(command, detection, job) {
	if (job) return {command, job};
	if (!detection) return {command};
	const {x, y, w, h} = detection;
	return {command, box: {x, y, w, h}};
}

function polygons(zones, view) {
	return list(zones).map((zone) =>
		list(zone).map((point) => seen(view, point).map(hundredths).join()).join(" "));
}

function corner(event, rect) {
	const share = (at, start, size) => hundredths(clamp01((at - start) / (size || 1))) / 100;
	return [share(event.clientX, rect.left, rect.width),
		share(event.clientY, rect.top, rect.height)];
}

const boxes = (detections, view) =>
	list(detections).map((detection) => box(detection, view)).filter(Boolean);

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

const forgetList = (marked, sent) =>
	Object.keys(marked).filter((path) => marked[path] && !(path in sent)).sort();

function testBody(backend, values, typed, camera) {
	const fields = Object.assign({}, values), prefix = `backends.${backend}.`;
	Object.entries(secretsToSend(typed)).forEach(([path, text]) => {
		if (path.startsWith(prefix)) fields[path.slice(prefix.length)] = text;
	});
	return {backend, fields, camera: {name: camera.name || "", timeout_s: camera.timeout_s}};
}

function testResult(answer) {
	const given = answer || {};
	const steps = list(given.steps).map((step) => ({
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

function errorText(xhr) {
	const said = xhr?.responseJSON?.error?.text, status = xhr?.status || 0;
	if (said && typeof said === "string") return said;
	return say("error_" + status) || say("error_other", {n: status});
}

/** The cameras to choose from; a chosen one that is gone stays in the list. */
function cameraOptions(webcams, chosen) {
	const found = list(webcams).map(({name: value, displayName, canSnapshot}) => {
		const name = displayName || value;
		return {value, label: canSnapshot ? name : say("camera_blind", {name})};
	});
	if (chosen && !found.some((cam) => cam.value === chosen)) {
		found.push({value: chosen, label: say("camera_gone", {name: chosen})});
	}
	return [{value: "", label: say("camera_default")}].concat(found);
}

const serviceName = (url) => String(url).trim().split("://")[0].toLowerCase();

function serviceProblem(url) {
	const text = String(url || "").trim();
	return !text || /^[a-z0-9+]+:\/\/\S/i.test(text) ? "" : say("looks_like_ntfy");
}

function serviceResult(answer) {
	const ok = answer?.ok === true;
	return {ok, text: `${say(ok ? "arrived" : "not_arrived")} ${answer?.text || ""}`.trim()};
}

function health(name, context) {
	const lines = Object.entries(context || {}).map(([key, found]) =>
		(key === "reason" ? "" : `${key}: `) + explain(found));
	return {title: say("health_" + name) || `AI Watch: ${name}`, lines};
}

const core = {
	words, say, translated, list, isNumber, emptyStatus, score, zones, zoneOf, angle, gauge, scoreText, look,
	verdictWord, phaseWords, sign, actionWords, furtherReasons, qualityWords, ladderRows, budgetRows, moved, duration, remaining, countdown,
	summary, seen, delivered, transform, box, boxes, picks, commandBody, polygons, corner, buttons, toNumber,
	secretsToSend, forgetList, testBody, testResult, errorText, cameraOptions,
	serviceName, serviceProblem, serviceResult, health
};
if (typeof module === "object") module.exports = core;
else globalThis.AiWatch = {core};
})();
