"use strict";
// The curve of a job, live and out of the history.
const test = require("node:test");
const assert = require("node:assert/strict");
const timeline = require("../../octoprint_aiwatch/static/js/aiwatch_timeline.js");

const NONE = timeline.NONE;

/** A status of job "j" after so many checks and seconds. */
function said(checks, elapsed_s, changes) {
    return Object.assign({
        job: {id: "j", elapsed_s}, checks, score: 0.1, verdict: "ok", blind: false,
        backend_label: "Here"
    }, changes);
}

/** What api/jobs/<id> tells of a job with a check every 10 s. */
function kept(scores, notes, judges) {
    return {
        id: "j", notes: notes || [], judges: judges || [{n: 1, backend: "local", label: "Here"}],
        columns: {n: scores.map((_, at) => at + 1), at_s: scores.map((_, at) => (at + 1) * 10), score: scores}
    };
}

const note = (kind, at_s, text) => ({job: "j", kind, at_s, who: "", text: text || kind});
const drawn = (scores, notes, judges) => timeline.draw(timeline.read(kept(scores, notes, judges)));

test("seconds are told as hours, minutes and seconds", () => {
    assert.equal(timeline.clock(3725.9), "1:02:05");
    for (const odd of [null, undefined, NaN, -5]) assert.equal(timeline.clock(odd), "0:00:00");
});

// ---- what is known of a job ---------------------------------------------------

test("each check adds a point, at the job's own time", () => {
    const line = timeline.add(timeline.add(NONE, said(1, 12.5)), said(2, 22.5, {score: 0.2}));
    assert.deepEqual(line.points.map((point) => [point.n, point.t, point.score, point.who]),
        [[1, 12.5, 0.1, "Here"], [2, 22.5, 0.2, "Here"]]);
    assert.equal(line.end, 22.5);
});

test("a status without a new check adds no point, but time", () => {
    const line = timeline.add(timeline.add(NONE, said(1, 10)), said(1, 15));
    assert.deepEqual([line.points.length, line.end], [1, 15]);
});

test("a check without a score adds no point, never a 0", () => {
    for (const changes of [{blind: true}, {verdict: "unknown"}, {score: null}, {score: NaN}]) {
        assert.deepEqual(timeline.add(NONE, said(1, 10, changes)).points, []);
    }
});

test("another job begins another line, and the last one's stays until then", () => {
    const line = timeline.note(timeline.add(NONE, said(5, 50)), note("warning", 50));
    assert.equal(timeline.add(line, said(5, 60, {job: null})), line);
    const other = timeline.add(line, said(1, 3, {job: {id: "k", elapsed_s: 3}}));
    assert.deepEqual([other.id, other.points.length, other.notes], ["k", 1, []]);
});

test("what happens to another job is not taken down", () => {
    const line = timeline.add(NONE, said(1, 10));
    assert.equal(timeline.note(line, Object.assign(note("pause", 11), {job: "k"})), line);
    assert.equal(timeline.note(line, note("pause", 11)).notes.length, 1);
});

test("what was kept is followed by what the page has heard since, nothing twice", () => {
    let heard = timeline.add(NONE, said(2, 21));
    heard = timeline.note(timeline.add(heard, said(3, 31)), note("warning", 31));
    const line = timeline.merge(timeline.read(kept([0.1, 0.2], [note("blind", 15)])), heard);
    assert.deepEqual(line.points.map((point) => point.n), [1, 2, 3]);
    assert.deepEqual(line.notes.map((one) => one.kind), ["blind", "warning"]);
    assert.equal(line.end, 31);
});

test("where nothing was kept the line begins with what the page has heard", () => {
    const heard = timeline.note(timeline.add(NONE, said(7, 70)), note("warning", 70));
    const line = timeline.merge(timeline.read(kept([])), heard);
    assert.deepEqual([line.points.length, line.notes.length], [1, 1]);
});

test("changed settings are no mark of the curve", () => {
    assert.deepEqual(timeline.read(kept([0.1], [note("settings", 5)])).notes, []);
});

// ---- the drawing ----------------------------------------------------------------

test("the curve runs from the job's start to now", () => {
    const line = {id: "j", notes: [], end: 100, points: [
        {n: 1, t: 0, score: 0}, {n: 2, t: 50, score: 0.5}, {n: 3, t: 100, score: 1}]};
    assert.equal(timeline.draw(line).path, "M0,80L300,40L600,0");
});

test("a missing score breaks the curve", () => {
    assert.equal(drawn([0.5, null, 0.5, 0.5]).path, "M150,40h0.1M450,40L600,40");
});

test("a lone check is a dot, and no check is no curve", () => {
    assert.equal(drawn([0.5]).path, "M200,40h0.1");
    assert.equal(drawn([]).path, "");
});

test("a blind spell is an area, and breaks the curve", () => {
    const {areas, path} = drawn([0.5, 0.5, 0.5, 0.5], [note("blind", 22), note("recovered", 38)]);
    assert.deepEqual(areas.map((one) => [one.kind, one.left, one.width]), [["blind", "55%", "40%"]]);
    assert.equal(path.match(/M/g).length, 2);
});

test("a pause is an area of another kind; one that lasts reaches until now", () => {
    const line = Object.assign(timeline.read(kept([0.5, 0.5], [note("pause", 50)])), {end: 100});
    assert.deepEqual(timeline.draw(line).areas.map((one) => [one.kind, one.left, one.width]),
        [["pause", "50%", "50%"]]);
});

test("a thousand blind moments are not a thousand areas", () => {
    const notes = [];
    for (let at = 0; at < 1000; at++) notes.push(note("blind", at * 20), note("recovered", at * 20 + 19));
    assert.ok(drawn(new Array(2000).fill(0.1), notes).areas.length <= 300);
});

test("a long job is drawn with few points, and its one spike is among them", () => {
    const scores = new Array(10000).fill(0.05);
    scores[7777] = 0.93;
    const {points, path} = drawn(scores);
    assert.ok(points.length <= 301, String(points.length));
    assert.equal(Math.max(...points.map((point) => point.score)), 0.93);
    assert.ok(path.length < 6000, String(path.length));
    assert.match(path, /,5\.6L/);
});

test("who judged is told by stretches that fill the width", () => {
    const judges = [{n: 1, label: "Here"}, {n: 3, label: "Cloud"}, {n: 4, label: "Here"}];
    const shown = drawn([0.1, 0.1, 0.1, 0.1], [], judges).judges;
    assert.deepEqual(shown.map((one) => [one.label, one.width]),
        [["Here", "75%"], ["Cloud", "25%"]]);
});

test("where nobody knows who judged there are no names", () => {
    assert.deepEqual(drawn([0.1, 0.2], [], []).judges, []);
});

test("what happens together is one mark, with the gravest icon and all of the words", () => {
    const {marks} = drawn([0.1, 0.9], [note("warning", 20, "Careful."), note("failure", 20, "Bad."),
        note("pause", 20, "Stopped.")]);
    assert.equal(marks.length, 1);
    assert.equal(marks[0].kind, "pause");
    assert.equal(marks[0].title, "0:00:20 Careful.\n0:00:20 Bad.\n0:00:20 Stopped.");
});

test("many notes are few marks, and the last of them a list", () => {
    const notes = Array.from({length: 3000}, (_, at) => note("warning", at * 3));
    const shown = drawn(new Array(900).fill(0.5), notes);
    assert.ok(shown.marks.length <= 25, String(shown.marks.length));
    assert.equal(shown.notes.length, 50);
    assert.equal(shown.notes[49].time, timeline.clock(2999 * 3));
});

test("pointing at the curve tells time, score and who judged", () => {
    const shown = drawn([0.1, 0.4, 0.2]);
    assert.equal(timeline.at(shown, 0.65).text, "0:00:20, 40 %, Here");
    assert.equal(timeline.at(drawn([]), 0.5), null);
});

test("of two spells that touch the one that is pointed at is told", () => {
    const notes = [note("blind", 10), note("recovered", 19.95), note("pause", 20), note("resume", 20.1)];
    const shown = drawn([0.5, 0.5, 0.5, 0.5], notes);
    assert.equal(timeline.at(shown, 20.05 / shown.span).kind, "pause");
    assert.equal(timeline.at(shown, 19.9 / shown.span).kind, "blind");
});

test("pointing at a blind spell tells that it was blind, and no score", () => {
    const shown = drawn([0.1, 0.4, 0.2], [note("blind", 11), note("recovered", 19)]);
    assert.deepEqual(timeline.at(shown, 0.5), {left: "50%", kind: "blind", text: "0:00:15"});
});
