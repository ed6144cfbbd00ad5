"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const path = require("node:path");

const core = require(
    path.join(__dirname, "../../octoprint_aiwatch/static/js/aiwatch_core.js")
);

// What a page is given in its own language, here in English: core/words.py.
Object.assign(core.words, require("./words.json"));

/** A watched print that looks fine, with changes laid over it. */
function watching(changes) {
    return Object.assign(core.emptyStatus(), {
        phase: "watching", verdict: "ok", score: 0.12, zones: [0.4, 0.7],
        job: {id: "1"}, checks: 1, reason: "Fine."
    }, changes);
}

// ---- score ------------------------------------------------------------------

test("a known score is drawn", () => {
    const gauge = core.gauge(watching({score: 0.12}));
    assert.equal(gauge.state, "score");
    assert.equal(gauge.text, "12 %");
});

for (const missing of [null, undefined, NaN, Infinity, "0.5", true, {}]) {
    test(`a score of ${String(missing)} is drawn as missing, not as 0`, () => {
        const gauge = core.gauge(watching({score: missing}));
        assert.equal(gauge.state, "none");
            assert.equal(gauge.zone, null);
        assert.equal(gauge.text, "no data");
    });
}

test("a score of 0 is a score", () => {
    const gauge = core.gauge(watching({score: 0}));
    assert.equal(gauge.text, "0 %");
    assert.equal(gauge.turn, "rotate(-90deg)");
});

test("a verdict that is unknown has no score even if one is sent", () => {
    assert.equal(core.score(watching({verdict: "unknown", score: 0.3})), null);
});

test("a blind watch has no score even if one is sent", () => {
    assert.equal(core.score(watching({blind: true, score: 0.3})), null);
});

test("blind and no data are drawn differently", () => {
    const blind = core.gauge(watching({verdict: "unknown", score: null, blind: true}));
    const none = core.gauge(watching({verdict: "unknown", score: null}));
    assert.equal(blind.state, "blind");
    assert.equal(blind.text, "blind");
    assert.equal(none.state, "none");
});

test("a score outside 0 to 1 stays on the dial", () => {
    assert.equal(core.score(watching({score: 1.7})), 1);
    assert.equal(core.score(watching({score: -1})), 0);
});

test("before the server has spoken there is no data", () => {
    assert.equal(core.gauge(core.emptyStatus()).state, "none");
});

// ---- zones and geometry -----------------------------------------------------

for (const [value, zone] of [
    [0, "ok"], [0.39999, "ok"], [0.4, "warning"], [0.69999, "warning"],
    [0.7, "failure"], [1, "failure"], [null, null]
]) {
    test(`a score of ${value} lies in zone ${zone}`, () => {
        assert.equal(core.zoneOf(value, [0.4, 0.7]), zone);
    });
}

test("zones come from the status", () => {
    assert.deepEqual(core.zones({zones: [0.2, 0.5]}), [0.2, 0.5]);
});

test("without a status the zones are the usual ones", () => {
    assert.deepEqual(core.zones({}), [0.4, 0.7]);
});

test("the needle turns from left through upright to right", () => {
    assert.deepEqual([0, 0.5, 1].map(core.angle), [-90, 0, 90]);
});

// ---- words ------------------------------------------------------------------

for (const [changes, word, look] of [
    [{verdict: "ok"}, "Looks fine", "ok"],
    [{verdict: "warning"}, "Warning", "warning"],
    [{verdict: "failure"}, "Failure", "failure"],
    [{verdict: "unknown"}, "No data", "none"],
    [{verdict: "unknown", blind: true}, "Blind", "blind"],
    [{verdict: "ok", blind: true}, "Blind", "blind"],
    [{verdict: "surprise"}, "No data", "none"]
]) {
    test(`${JSON.stringify(changes)} is called ${word}`, () => {
        assert.equal(core.verdictWord(watching(changes)), word);
        assert.equal(core.look(watching(changes)), look);
    });
}

const PHASES = [
    [{phase: "idle"}, "No print to watch"],
    [{phase: "opening"}, "Getting ready"],
    [{phase: "watching"}, "Watching"],
    [{phase: "held", hold: "starting"}, "Waiting for the print to begin"],
    [{phase: "held", hold: "heating"}, "Waiting for the heaters"],
    [{phase: "held", hold: "pausing"}, "Print is pausing"],
    [{phase: "held", hold: "paused"}, "Print is paused"],
    [{phase: "held", hold: "paused", paused_by: "us"}, "Paused by AI Watch"],
    [{phase: "held", hold: "paused", paused_by: "user"}, "Paused by you"],
    [{phase: "held", hold: "paused", paused_by: "printer"}, "Paused by the printer"],
    [{phase: "held", hold: "resuming"}, "Print is resuming"],
    [{phase: "held", hold: "finishing"}, "Print is finishing"],
    [{phase: "held", hold: "ask"}, "Stopped: needs your attention"],
    [{phase: "held", hold: "disabled"}, "Switched off in the settings"],
    [{phase: "held", hold: "new one"}, "Waiting"],
    [{phase: "idle", enabled: false}, "Switched off in the settings"],
    [{phase: "new one"}, "Unknown"]
];
for (const [changes, words] of PHASES) {
    test(`${JSON.stringify(changes)} reads "${words}"`, () => {
        assert.equal(core.phaseWords(watching(changes)), words);
    });
}

test("every known phase and hold has words of its own", () => {
    const known = PHASES.filter(([c]) => c.phase !== "new one" && c.hold !== "new one" && c.enabled !== false);
    assert.equal(new Set(known.map(([, words]) => words)).size, known.length);
});

for (const [changes, sign] of [
    [{}, ""],
    [{blind: true}, "blind"],
    [{blind: true, phase: "held", hold: "ask"}, "blind"],
    [{phase: "held", hold: "heating"}, "heating"],
    [{phase: "held", hold: "in_file"}, "off"],
    [{phase: "idle", enabled: false}, "off"],
    [{phase: "held", hold: "paused", paused_by: "us"}, "paused_us"],
    [{phase: "held", hold: "paused", paused_by: "user"}, "paused_user"],
    [{phase: "held", hold: "paused", paused_by: "printer"}, "paused_printer"],
    [{phase: "held", hold: "paused", paused_by: null}, "paused"]
]) {
    test(`${JSON.stringify(changes)} has the sign "${sign}"`, () => {
        assert.equal(core.sign(watching(changes)), sign);
        assert.equal(core.gauge(watching(changes)).sign, sign);
    });
}

for (const action of ["waiting", "pausing", "paused", "pause_failed", "cancelling", "cancelled"]) {
    test(`the action ${action} has words`, () => {
        assert.ok(core.actionWords(watching({action})).length > 5);
    });
}

test("nothing says paused while the pause is only requested", () => {
    assert.doesNotMatch(core.actionWords(watching({action: "pausing"})), /paused/i);
    assert.doesNotMatch(core.actionWords(watching({action: "waiting"})), /paused/i);
});

test("no action has no words", () => {
    assert.equal(core.actionWords(watching({action: null})), "");
});

for (const [quality, words] of [
    [10, "very good (10 of 10)"], [9, "very good (9 of 10)"], [7, "good (7 of 10)"],
    [5, "fair (5 of 10)"], [3, "poor (3 of 10)"], [1, "bad (1 of 10)"],
    [null, ""], [undefined, ""], [0, ""], [11, ""], ["9", ""]
]) {
    test(`a print quality of ${quality} reads "${words}"`, () => {
        assert.equal(core.qualityWords(quality), words);
    });
}

test("the summary says verdict, risk, phase and that alerts are off", () => {
    assert.equal(
        core.summary(watching({verdict: "warning", score: 0.5, suppressed: true})),
        "Warning, risk 50 %, Watching, alerts are off for this print"
    );
});

test("the summary says what was done to the print before what is waited for", () => {
    assert.equal(
        core.summary(watching({phase: "held", hold: "paused", verdict: "failure", score: 0.9, action: "paused"})),
        "Failure, risk 90 %, AI Watch paused this print"
    );
});

test("reasons that the sentence has said already are not repeated", () => {
    const status = watching({
        reason: "AI Watch paused the print: It failed.",
        reasons: [{text: "AI Watch paused the print: It failed."}, {text: "It failed."}, {text: "More."}]
    });
    assert.deepEqual(core.furtherReasons(status), ["More."]);
});

test("no reasons are no further reasons", () => {
    assert.deepEqual(core.furtherReasons({reason: "", reasons: undefined}), []);
});

test("the summary of a blind watch names no risk", () => {
    assert.equal(core.summary(watching({blind: true, score: null})), "Blind, Watching");
});

// ---- countdown --------------------------------------------------------------

for (const [seconds, text] of [
    [0, "0 s"], [0.2, "1 s"], [12, "12 s"], [59.2, "1 min"], [60, "1 min"],
    [125, "2 min 5 s"], [3600, "1 h"], [3780, "1 h 3 min"], [-5, "0 s"]
]) {
    test(`${seconds} seconds read "${text}"`, () => {
        assert.equal(core.duration(seconds), text);
    });
}

test("seconds left run down with the page's clock", () => {
    assert.equal(core.remaining(30, 1000, 11000), 20);
});

test("seconds left stop at 0", () => {
    assert.equal(core.remaining(30, 1000, 99000), 0);
});

test("a clock set back adds no seconds", () => {
    assert.equal(core.remaining(30, 5000, 1000), 30);
});

for (const none of [null, undefined, NaN]) {
    test(`${none} seconds are no countdown`, () => {
        assert.equal(core.remaining(none, 0, 0), null);
        assert.equal(core.countdown(core.remaining(none, 0, 0)), "");
    });
}

test("the countdown says when the next check comes", () => {
    assert.equal(core.countdown(12.3), "in 13 s");
    assert.equal(core.countdown(0), "now");
});

// ---- boxes ------------------------------------------------------------------

test("a detection becomes percentages from its centre and size", () => {
    const box = core.box({confidence: 0.8, x: 0.5, y: 0.5, w: 0.2, h: 0.4});
    assert.deepEqual(
        {x: box.x, y: box.y, width: box.width, height: box.height, label: box.label},
        {x: "40%", y: "30%", width: "20%", height: "40%", label: "80 %"}
    );
});

test("a box that leaves the frame is cut at its edge", () => {
    const box = core.box({confidence: 1, x: 0, y: 1, w: 0.5, h: 0.5});
    assert.deepEqual([box.x, box.y, box.width, box.height], ["0%", "75%", "25%", "25%"]);
});

test("the label of a box at the upper edge is inside the box", () => {
    assert.ok(Number(core.box({x: 0.5, y: 0.05, w: 0.1, h: 0.1}).dy) > 0);
    assert.ok(Number(core.box({x: 0.5, y: 0.5, w: 0.1, h: 0.1}).dy) < 0);
});

test("a box keeps its key as long as it stays where it is", () => {
    const one = {confidence: 0.5, x: 0.5, y: 0.5, w: 0.1, h: 0.1};
    assert.equal(core.box(one).key, core.box({...one, confidence: 0.9}).key);
    assert.notEqual(core.box(one).key, core.box({...one, x: 0.6}).key);
});

test("a box without a confidence has no label", () => {
    assert.equal(core.box({x: 0.5, y: 0.5, w: 0.1, h: 0.1}).label, "");
});

for (const bad of [null, {}, {x: 0.5, y: 0.5, w: 0, h: 1}, {x: NaN, y: 0, w: 1, h: 1},
    {x: 5, y: 5, w: 0.1, h: 0.1}, {x: "0.5", y: 0.5, w: 0.1, h: 0.1}]) {
    test(`${JSON.stringify(bad)} cannot be drawn and is left out`, () => {
        assert.deepEqual(core.boxes([bad]), []);
    });
}

test("a box that does not count says why", () => {
    const [logo, failure] = core.boxes([
        {x: 0.5, y: 0.5, w: 0.1, h: 0.1, counts: false, unless: "background"},
        {x: 0.5, y: 0.5, w: 0.1, h: 0.1, counts: true, unless: ""}
    ]);
    assert.deepEqual([logo.counts, logo.note], [false, "there from the start"]);
    assert.deepEqual([failure.counts, failure.note], [true, ""]);
});

test("what is ignored already is not offered to be ignored", () => {
    const drawn = core.boxes(["", "passing", "not_a_failure", "ignored_zone", "background"]
        .map((unless) => ({x: 0.5, y: 0.5, w: 0.1, h: 0.1, unless: unless})));
    assert.deepEqual(core.picks(drawn).map((pick) => pick.detection.unless),
        ["", "passing", "background"]);
});

test("a button about a box sends where it is, and no more", () => {
    const detection = {confidence: 0.9, x: 0.1, y: 0.2, w: 0.3, h: 0.4, counts: true, unless: ""};
    assert.deepEqual(core.commandBody("always_ignore", detection),
        {command: "always_ignore", box: {x: 0.1, y: 0.2, w: 0.3, h: 0.4}});
    assert.deepEqual(core.commandBody("suppress"), {command: "suppress"});
    assert.deepEqual(core.commandBody("resume", null, "id1"), {command: "resume", job: "id1"});
});

// Where the upper left corner is seen; the same table as in tests/core/test_view.py.
for (const [view, corner] of [
    [null, [0, 0]], [{}, [0, 0]], [{flip_h: true}, [1, 0]], [{flip_v: true}, [0, 1]],
    [{flip_h: true, flip_v: true}, [1, 1]], [{rotate_90: true}, [0, 1]],
    [{flip_h: true, rotate_90: true}, [0, 0]], [{flip_v: true, rotate_90: true}, [1, 1]],
    [{flip_h: true, flip_v: true, rotate_90: true}, [1, 0]]
]) {
    const name = JSON.stringify(view);
    test(`a point is seen where OctoPrint shows it with ${name}, and found again`, () => {
        assert.deepEqual(core.seen(view, [0, 0]), corner);
        for (const point of [[0.25, 0.5], [0, 1], [0.75, 0.125]]) {
            assert.deepEqual(core.delivered(view, core.seen(view, point)), point);
            assert.deepEqual(core.seen(view, core.delivered(view, point)), point);
        }
    });
}

test("a webcam that is neither flipped nor turned is shown as it is", () => {
    assert.equal(core.transform({flip_h: false, flip_v: false, rotate_90: false}), "");
    assert.equal(core.transform(null), "");
});

test("a frame is flipped before it is turned", () => {
    assert.equal(core.transform({flip_h: true, flip_v: false, rotate_90: true}),
        "translate(-50%, -50%) rotate(-90deg) scale(-1, 1)");
});

test("a box of a turned frame is drawn where it is seen, and sent as it is", () => {
    const detection = {x: 0.25, y: 0.125, w: 0.5, h: 0.25};
    const drawn = core.box(detection, {rotate_90: true});
    assert.deepEqual([drawn.x, drawn.y, drawn.width, drawn.height],
        ["0%", "50%", "25%", "50%"]);
    assert.equal(drawn.detection, detection);
});

test("places on a flipped frame are drawn where they are seen", () => {
    assert.deepEqual(core.polygons([[[0, 0], [0.5, 0.25], [1, 1]]], {flip_h: true}),
        ["100,0 50,25 0,100"]);
});

test("places are drawn in hundredths of the frame", () => {
    assert.deepEqual(core.polygons([[[0, 0], [0.5, 0.25], [1, 1]]]), ["0,0 50,25 100,100"]);
    assert.deepEqual(core.polygons(undefined), []);
});

test("a corner is where somebody points, inside the frame", () => {
    const rect = {left: 100, top: 50, width: 200, height: 100};
    assert.deepEqual(core.corner({clientX: 150, clientY: 75}, rect), [0.25, 0.25]);
    assert.deepEqual(core.corner({clientX: 500, clientY: 0}, rect), [1, 0]);
});

test("when it looks next is left to the countdown", () => {
    const reasons = [{code: "frames_ok", text: "Fine."}, {code: "next_look", text: "Looks again in 8 s."}];
    assert.deepEqual(core.furtherReasons({reason: "x", reasons: reasons}), ["Fine."]);
});

test("detections that are no list are no boxes", () => {
    assert.deepEqual(core.boxes(undefined), []);
});

// ---- buttons ----------------------------------------------------------------

test("without permission no button can be pressed", () => {
    const all = core.buttons(watching({verdict: "failure"}), false);
    assert.deepEqual(Object.values(all), [false, false, false, false]);
});

test("without a job no button can be pressed", () => {
    const all = core.buttons(watching({job: null, verdict: "failure"}), true);
    assert.deepEqual(Object.values(all), [false, false, false, false]);
});

test("alerts can be suppressed once and then brought back", () => {
    const on = core.buttons(watching({}), true);
    const off = core.buttons(watching({suppressed: true}), true);
    assert.deepEqual([on.suppress, on.unsuppress], [true, false]);
    assert.deepEqual([off.suppress, off.unsuppress], [false, true]);
});

for (const [changes, enabled] of [
    [{}, false],
    [{verdict: "warning"}, true],
    [{verdict: "failure"}, true],
    [{detections: [{confidence: 0.3, x: 0.5, y: 0.5, w: 0.1, h: 0.1}]}, true],
    [{phase: "held", hold: "paused", verdict: "unknown", action: "paused"}, true],
    [{verdict: "unknown", blind: true}, false]
]) {
    test(`with ${JSON.stringify(changes)} "not a failure" is ${enabled ? "on" : "off"}`, () => {
        assert.equal(core.buttons(watching(changes), true).not_a_failure, enabled);
    });
}

// ---- settings ---------------------------------------------------------------

for (const [typed, value] of [
    ["10", 10], [" 2.5 ", 2.5], ["2,5", 2.5], [7, 7], ["", ""], ["ten", "ten"],
    [null, ""], [undefined, ""], ["1e999", "1e999"]
]) {
    test(`${JSON.stringify(typed)} in a number field is saved as ${JSON.stringify(value)}`, () => {
        assert.equal(core.toNumber(typed), value);
    });
}

test("a file that switched the watch off is named", () => {
    assert.match(core.phaseWords(watching({phase: "held", hold: "in_file"})), /G-code/);
});

test("only secrets that were typed are sent", () => {
    assert.deepEqual(
        core.secretsToSend({a: "key", b: "", c: "   ", d: null, e: undefined}),
        {a: "key"}
    );
});

test("blanks around a pasted secret are not sent", () => {
    assert.deepEqual(core.secretsToSend({a: " key\n"}), {a: "key"});
});

test("a secret is forgotten only when marked", () => {
    assert.deepEqual(core.forgetList({b: true, a: true, c: false}, {}), ["a", "b"]);
});

test("typing a new secret wins over forgetting the old one", () => {
    assert.deepEqual(core.forgetList({a: true}, {a: "new"}), []);
});

test("a test sends the form of its backend, with secrets only if typed", () => {
    const body = core.testBody(
        "obico", {url: "https://one.example"},
        {"backends.obico.serial_no": "S1", "backends.obico.access_token": "",
            "backends.gadget.api_key": "other backend's"},
        {name: "second camera", timeout_s: 7}
    );
    assert.deepEqual(body, {
        backend: "obico",
        fields: {url: "https://one.example", serial_no: "S1"},
        camera: {name: "second camera", timeout_s: 7}
    });
});

test("a test sends a number as one, and an empty text as it is", () => {
    const body = core.testBody("local", {model: "", threads: 2}, {}, {name: "", timeout_s: 10});
    assert.deepEqual(body.fields, {model: "", threads: 2});
});

test("a test with no camera chosen uses OctoPrint's", () => {
    assert.deepEqual(core.testBody("gadget", {}, {}, {name: undefined, timeout_s: 10}).camera,
        {name: "", timeout_s: 10});
});

test("a good test shows its steps, score and boxes", () => {
    const shown = core.testResult({
        ok: true, took_s: 1.23, score: 0.12, frame: "data:image/jpeg;base64,AAAA",
        steps: [{name: "snapshot", ok: true, text: "Fine."}, {name: "backend", ok: true, text: "Fine."}],
        detections: [{confidence: 1, x: 0.5, y: 0.5, w: 0.1, h: 0.1}]
    });
    assert.equal(shown.ok, true);
    assert.equal(shown.text, "The test passed. Risk in this frame: 12 of 100.");
    assert.deepEqual(shown.steps.map((step) => step.name), ["Snapshot", "Backend"]);
    assert.equal(shown.took, "1.2 s");
    assert.equal(shown.frame, "data:image/jpeg;base64,AAAA");
    assert.equal(shown.boxes.length, 1);
});

test("a tested frame knows how it is to be shown", () => {
    const view = {flip_h: true, flip_v: false, rotate_90: false};
    const shown = core.testResult({
        ok: true, view, detections: [{confidence: 1, x: 0.25, y: 0.5, w: 0.1, h: 0.1}]
    });
    assert.equal(shown.view, view);
    assert.equal(shown.boxes[0].x, "70%");
});

test("a test with one failed step has not passed", () => {
    const shown = core.testResult({
        ok: true, score: null,
        steps: [{name: "backend", ok: false, text: "Refused.", advice: "Check the key."}]
    });
    assert.equal(shown.ok, false);
    assert.equal(shown.text, "The test failed.");
    assert.equal(shown.steps[0].advice, "Check the key.");
});

for (const frame of ["javascript:alert(1)", "https://x.example/a.jpg", "data:text/html;base64,AAAA",
    "data:image/jpeg;base64,AA\"onerror=", null]) {
    test(`${frame} is not put into an img`, () => {
        assert.equal(core.testResult({ok: true, frame}).frame, "");
    });
}

for (const bad of [null, undefined, "text", []]) {
    test(`a test answered with ${JSON.stringify(bad)} has failed`, () => {
        assert.equal(core.testResult(bad).ok, false);
    });
}

for (const [xhr, text] of [
    [{status: 409, responseJSON: {error: {code: "busy", text: "A test runs already."}}}, /^A test runs/],
    [{status: 403}, /not allowed/],
    [{status: 409}, /right now/],
    [{status: 500, responseJSON: {error: "odd"}}, /error 500/],
    [{status: 0}, /could not be reached/],
    [undefined, /could not be reached/]
]) {
    test(`the failed request ${JSON.stringify(xhr)} is said in a sentence`, () => {
        assert.match(core.errorText(xhr), text);
    });
}

test("the camera list begins with OctoPrint's own choice", () => {
    const list = core.cameraOptions([{name: "classic", displayName: "Classic", canSnapshot: true}], "");
    assert.deepEqual(list.map((cam) => cam.value), ["", "classic"]);
});

test("a camera that takes no snapshots says so", () => {
    const list = core.cameraOptions([{name: "c", displayName: "C", canSnapshot: false}], "");
    assert.match(list[1].label, /no snapshots/);
});

test("a chosen camera that is gone stays in the list", () => {
    const list = core.cameraOptions([], "gone");
    assert.deepEqual(list.map((cam) => cam.value), ["", "gone"]);
    assert.match(list[1].label, /not there/);
});

const STEPS = [
    {key: "gadget", label: "Gadget", state: "waiting", reason: "It is down.", again_s: 40},
    {key: "obico", label: "Obico", state: "off", reason: "Wrong key.", again_s: null},
    {key: "kserve", label: "Server", state: "spent", reason: "", again_s: null},
    {key: "local", label: "Here", state: "judging", reason: "", again_s: null}
];

test("of several backends each says how it stands", () => {
    const words = core.ladderRows({ladder: STEPS}).map((row) => row.word);
    assert.match(words[0], /^asked again in 40 s$/);
    assert.match(words[1], /change its settings/);
    assert.match(words[2], /used up/);
    assert.equal(words[3], "judges");
});

test("why a backend does not judge is said beside it", () => {
    assert.equal(core.ladderRows({ladder: STEPS})[0].why, "It is down.");
});

test("a single backend needs no list", () => {
    assert.deepEqual(core.ladderRows({ladder: STEPS.slice(0, 1)}), []);
    assert.deepEqual(core.ladderRows({}), []);
});

test("calls without a limit or a price are shown as unknown, not as nothing", () => {
    const row = core.budgetRows({budget: {backends: [{
        key: "obico", label: "Obico", calls: 7, calls_left: null, cost_usd: null,
        typical_calls: 100, typical_cost_usd: null
    }]}})[0];
    assert.deepEqual([row.used, row.left, row.cost], ["7", "–", "–"]);
});

test("what a month costs is shown in cents", () => {
    const row = core.budgetRows({budget: {backends: [{
        key: "gadget", label: "Gadget", calls: 6000, calls_left: 4000, cost_usd: 0.4,
        typical_calls: 10800, typical_cost_usd: 2.32
    }]}})[0];
    assert.equal(row.cost, "$0.40");
    assert.match(row.typical, /10800.*\$2\.32/);
});

test("one of a list moves up by one, and the first one stays", () => {
    assert.deepEqual(core.moved(["a", "b", "c"], "c"), ["a", "c", "b"]);
    assert.deepEqual(core.moved(["a", "b", "c"], "a"), ["a", "b", "c"]);
    assert.deepEqual(core.moved(["a"], "x"), ["a"]);
});

// ---- notification services ----------------------------------------------------

test("a service is named after its kind and nothing else of its address", () => {
    assert.equal(core.serviceName(" NTFYS://secret-topic "), "ntfys");
});

test("an address that cannot be one is told while it is typed", () => {
    assert.equal(core.serviceProblem(""), "");
    assert.equal(core.serviceProblem("ntfy://topic"), "");
    for (const wrong of ["ntfy", "ntfy:", "ntfy://", "ntfy:// x", "my service://x"]) {
        assert.notEqual(core.serviceProblem(wrong), "", wrong);
    }
});

test("the test of a service says how it went, in the service's own words", () => {
    assert.deepEqual(core.serviceResult({ok: true, text: ""}), {ok: true, text: "It arrived."});
    const failed = core.serviceResult({ok: false, text: "error=401"});
    assert.deepEqual(failed, {ok: false, text: "It did not arrive. error=401"});
    assert.equal(core.serviceResult(null).ok, false);
});

// ---- OctoPrint's health page ---------------------------------------------------

test("each of our health checks has a title and says what was found", () => {
    for (const name of ["webcam", "backend", "last_check", "disk"]) {
        const shown = core.health(name, {
            reason: {code: "new", text: "Why."},
            Gadget: {code: "refused", params: {host: "h"}, text: "(English)"}
        });
        assert.match(shown.title, /AI Watch/);
        assert.deepEqual(shown.lines, [
            "Why.", "Gadget: h refuses the connection. Check the address in the settings."
        ]);
    }
    assert.deepEqual(core.health("new", null), {title: "AI Watch: new", lines: []});
});

// ---- sentences by code -----------------------------------------------------------

test("a sentence is filled, with numbers as short as it wants them", () => {
    assert.equal(core.say("grace", {grace_s: 12.7}),
        "Only looking for another 13 s, then warning and pausing again.");
    assert.match(core.say("frames_ok", {mean: 0.5, threshold: 0.123}), /0\.50.*0\.12\./);
    assert.equal(core.say("refused", {host: "{port} %(n)s"}),
        "{port} %(n)s refuses the connection.");
});

test("a sentence within a sentence is said with its advice", () => {
    const why = {code: "no_webcam", params: {}};
    assert.equal(core.say("hold_paused_by_us", {why}),
        "AI Watch paused the print: OctoPrint has no webcam that can take snapshots. " +
        "Set up a snapshot URL in OctoPrint's webcam settings.");
});

test("a message of the server is said in the page's language, wherever a code is", () => {
    const kept = core.words.idle;
    core.words.idle = "Es läuft kein Druck.";
    core.words["On this machine"] = "Auf diesem Gerät";
    const sent = {
        why: {code: "idle", params: {}, text: "No print is running."},
        reason: "No print is running.",
        reasons: [{code: "idle", params: {}, text: "No print is running."}],
        backend_label: "On this machine", score: null,
        ladder: [{label: "On this machine", reason: "", why: null}]
    };
    const shown = core.translated(sent);
    core.words.idle = kept;
    delete core.words["On this machine"];
    assert.equal(shown.reason, "Es läuft kein Druck.");
    assert.equal(shown.reasons[0].text, "Es läuft kein Druck.");
    assert.equal(shown.backend_label, "Auf diesem Gerät");
    assert.equal(shown.ladder[0].label, "Auf diesem Gerät");
    assert.equal(shown.score, null);
    assert.equal(sent.reason, "No print is running.");
});

test("a code that the page does not know is told in the server's words", () => {
    const sent = {code: "something_new", params: {}, text: "Something new."};
    assert.equal(core.translated(sent).text, "Something new.");
    assert.equal(core.translated({code: "constructor", text: "x"}).text, "x");
});
