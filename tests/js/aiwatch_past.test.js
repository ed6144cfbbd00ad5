"use strict";
// The history's pure part.
const test = require("node:test");
const assert = require("node:assert/strict");
const past = require("../../octoprint_aiwatch/static/js/aiwatch_past.js");
const core = require("../../octoprint_aiwatch/static/js/aiwatch_core.js");

Object.assign(core.words, require("./words.json"));

const columns = {
    n: [1, 2, 3, 4], at_s: [10, 20, 30, 40], score: [0.1, 0.5, null, 0.9],
    verdict: ["ok", "warning", "unknown", "failure"], frame: [1, 0, 0, 1]
};

test("a sparkline has a gap where the score is missing", () => {
    const spark = (sparkline) => past.rows([{id: "x", sparkline}])[0].spark;
    assert.equal(spark([0, 1, null, 0.5]), "M0,20L33.3,0M100,10h0.1");
    assert.equal(spark([0.5]), "M0,10h0.1");
    assert.equal(spark([]), "");
});

test("a frame that was not kept is stood in for by the one before", () => {
    assert.deepEqual(past.frameAt(columns, 0), {n: 1, own: true});
    assert.deepEqual(past.frameAt(columns, 2), {n: 1, own: false});
    assert.equal(past.frameAt({n: [1], frame: [0]}, 0), null);
});

test("keys lead to checks that are there, and other keys nowhere", () => {
    assert.equal(past.stepTo("ArrowLeft", 0, 4), 0);
    assert.equal(past.stepTo("ArrowRight", 3, 4), 3);
    assert.equal(past.stepTo("ArrowRight", 1, 4), 2);
    assert.equal(past.stepTo("PageDown", 1, 100), 31);
    assert.equal(past.stepTo("End", 0, 4), 3);
    assert.equal(past.stepTo("Home", 3, 4), 0);
    assert.equal(past.stepTo("Tab", 3, 4), null);
});

test("the position says which check, when, and what it came to", () => {
    assert.equal(past.position(columns, 1),
        "Check 2 of 4, 0:00:20, risk 50 %, Warning");
    assert.equal(past.position(columns, 2), "Check 3 of 4, 0:00:30, risk –, No data");
    assert.equal(past.position({n: []}, 0), "");
});

test("what happened leads to the check that followed it", () => {
    const notes = past.notes({columns, notes: [
        {at_s: 15, kind: "pause", who: "user", text: "Paused."},
        {at_s: 99, kind: "blind", who: "", text: "<b>"},
        {at_s: 20, kind: "settings", who: "", text: "Changed."}
    ]});
    assert.deepEqual(notes.map((note) => [note.at, note.text]),
        [[1, "Paused."], [3, "<b>"]]);
});

test("rows are made of whatever the server says", () => {
    const [row] = past.rows([{id: "x", name: "", sparkline: [0.2, 0.4], worst: 0.41}]);
    assert.equal(row.name, "(no name)");
    assert.equal(row.worst, "41 %");
    assert.equal(row.when, "–");
    assert.equal(row.outcome, "running");
    assert.ok(row.spark.startsWith("M0"));
    assert.deepEqual(past.rows(null), []);
});

test("a row counts pauses, and says once who made them, and what the calls cost", () => {
    const pauses = [{who: "us"}, {who: "user"}, {who: "us"}];
    const calls = [{backend: "a", calls: 3}, {backend: "b", calls: 4}];
    const row = (cost_usd) => past.rows([{id: "x", pauses, calls, cost_usd}])[0];
    assert.deepEqual([row(0).pauses, row(0).who, row(0).calls], [3, ["us", "user"], "7"]);
    assert.equal(row(1.234).calls, "7, US$ 1.23");
    assert.equal(row(null).calls, "7");
});

test("the tuner says what was and what would have been", () => {
    const job = {name: "a", warnings: 2, pauses: [{who: "us"}, {who: "user"}]};
    const result = {warnings: [{}], pauses: [{at_s: 60}], calls: 9, checks: 9, fixed: 0};
    const row = past.tuned(job, result);
    assert.deepEqual([row.warnings, row.pauses, row.when], ["2 → 1", "1 → 1", "0:01:00"]);
    assert.equal(row.other, true);
    assert.equal(past.tuned(job, {...result, fixed: 9}).fixed, true);
});

test("the tuner sends numbers, and nothing while one is none", () => {
    assert.deepEqual(past.decision({a: "0,5", b: 3}), {a: 0.5, b: 3});
    assert.deepEqual(past.decision({a: "x", b: 3}), null);
});
