/*
 * The history: lists the jobs, plays one frame by frame, and tries other settings on them.
 * Asks for nothing before it is opened, and for a frame only when it is shown.
 */
$(function () {
    "use strict";
    const core = window.AiWatch.core, past = window.AiWatch.past;
    const CURVE_POINTS = 600;
    const TUNED = ["warning_confidence", "pause_confidence", "none_below", "maybe_above",
        "failure_above", "short_multiple"];

    function AiWatchHistory(parameters) {
        const self = this;
        const [store, settings] = parameters;
        self.store = store;
        const url = (path) => `${OctoPrint.getBlueprintUrl("aiwatch")}api/${path}`;
        const of = (job, rest) => url(`jobs/${encodeURIComponent(job)}${rest || ""}`);

        self.isOpen = ko.observable(false);
        self.document = ko.observable({jobs: [], used_mb: 0, keep_jobs: 0, keep_mb: 0});
        self.rows = ko.pureComputed(() => past.rows(self.document().jobs));
        self.used = ko.pureComputed(() => past.usedText(self.document()));
        self.problem = ko.observable("");
        self.loading = ko.observable(false);
        const failed = (xhr) => self.problem(core.errorText(xhr));

        self.load = function () {
            if (!store.canView()) return;
            self.loading(true);
            OctoPrint.get(url("jobs")).done(function (document) {
                self.problem("");
                self.document(document);
            }).fail(failed).always(() => self.loading(false));
        };
        self.toggle = function () {
            self.isOpen(!self.isOpen());
            if (self.isOpen()) self.load();
        };

        // ---- one job, frame by frame ----
        const nothing = {n: [], at_s: [], score: [], verdict: [], frame: []};
        self.job = ko.observable(null);
        self.index = ko.observable(0);
        self.slider = ko.pureComputed({
            read: self.index, write: (value) => self.index(Number(value))
        });
        self.check = ko.observable(null);
        self.columns = ko.pureComputed(() => (self.job() || {columns: nothing}).columns);
        self.last = ko.pureComputed(() => Math.max(0, self.columns().n.length - 1));
        self.curve = ko.pureComputed(() =>
            past.path(past.thinned(self.columns().score, CURVE_POINTS), 600, 80));
        self.cursor = ko.pureComputed(() => (self.index() / Math.max(1, self.last())) * 600);
        self.position = ko.pureComputed(() => past.position(self.columns(), self.index()));
        self.notes = ko.pureComputed(() => (self.job() ? past.notes(self.job()) : []));
        self.kept = ko.pureComputed(() => past.frameAt(self.columns(), self.index()));
        self.frame = ko.pureComputed(function () {
            const kept = self.kept();
            return self.job() && kept ? of(self.job().id, `/frames/${kept.n}.jpg`) : null;
        });
        self.isOld = ko.pureComputed(() => !self.kept() || !self.kept().own);
        self.view = ko.pureComputed(() => (self.check() || {}).view || null);
        self.boxes = ko.pureComputed(() =>
            (self.isOld() || !self.check() ? [] : core.boxes(self.check().detections, self.view())));
        self.reasons = ko.pureComputed(() => (self.check() || {}).reasons || []);
        self.pointAt = () => {};
        self.pointedAt = ko.observable(null);
        self.exported = ko.pureComputed(() => (self.job() ? of(self.job().id, "/export.zip") : null));

        self.show = function (row) {
            OctoPrint.get(of(row.id)).done(function (document) {
                self.problem("");
                self.job(document);
                self.index(0);
                self.look();
                $('#tab_plugin_aiwatch [data-aiwatch="replay-step"]').trigger("focus");
            }).fail(failed);
        };
        self.close = () => self.job(null);
        self.step = function (_, event) {
            const to = past.stepTo(event.key, self.index(), self.columns().n.length);
            if (to === null) return true;
            self.index(to);
            return false;
        };
        self.go = (note) => self.index(note.at);

        let wanted = 0;
        self.look = function () {
            const job = self.job(), number = self.columns().n[self.index()];
            const mine = ++wanted;
            if (!job || number === undefined) {
                self.check(null);
                return;
            }
            OctoPrint.get(of(job.id, `/checks/${number}`)).done(function (check) {
                // Of quick steps only the last one counts.
                if (mine === wanted) self.check(check);
            }).fail(failed);
        };
        self.index.subscribe(function (index) {
            if (!(index >= 0 && index <= self.last())) self.index(0);
            else self.look();
        });

        // ---- right, wrong, delete ----
        self.setMark = function (mark) {
            const job = self.job();
            const next = job.mark === mark ? null : mark;
            OctoPrint.postJson(of(job.id, "/mark"), {mark: next}).done(function () {
                self.job(Object.assign({}, job, {mark: next}));
                self.load();
            }).fail(failed);
        };
        self.asking = ko.observable("");
        self.ask = (what) => self.asking(what);
        self.keep = () => self.asking("");
        self.remove = function (id) {
            self.asking("");
            OctoPrint.delete(id ? of(id) : url("jobs")).done(function () {
                self.job(null);
                self.results([]);
                self.load();
            }).fail(failed);
        };

        // ---- other settings ----
        self.tuning = ko.observable(false);
        self.fields = {};
        TUNED.forEach((name) => (self.fields[name] = ko.observable()));
        const own = () => settings.settings.plugins.aiwatch.decision;
        self.results = ko.observableArray([]);
        self.done = ko.observable(0);
        self.applied = ko.observable("");
        self.isOther = ko.pureComputed(() => TUNED.some((name) =>
            core.toNumber(self.fields[name]()) !== core.toNumber(own()[name]())));
        const chosen = () => past.decision(ko.toJS(self.fields));
        self.canApply = ko.pureComputed(() =>
            store.canControl() && store.canSet() && self.isOther());

        let run = 0;
        self.tune = function () {
            const mine = ++run, jobs = self.document().jobs.slice(), values = chosen();
            self.results([]);
            self.done(0);
            self.applied("");
            if (!self.tuning() || !Object.keys(values).length) return;
            const next = function () {
                const job = jobs[self.done()];
                if (mine !== run || !job) return;
                OctoPrint.postJson(url("replay"), {job: job.id, decision: values})
                    .done(function (result) {
                        if (mine !== run) return;
                        self.results.push(past.tuned(job, result));
                        self.done(self.done() + 1);
                        next();
                    }).fail((xhr) => mine === run && failed(xhr));
            };
            next();
        };
        self.toggleTuner = function () {
            TUNED.forEach((name) => self.fields[name](own()[name]()));
            self.tuning(!self.tuning());
            self.tune();
        };
        ko.computed(() => TUNED.map((name) => self.fields[name]()).join("|"))
            .extend({rateLimit: {timeout: 300, method: "notifyWhenChangesStop"}})
            .subscribe(() => self.tuning() && self.tune());
        self.apply = function () {
            OctoPrint.settings.savePluginSettings("aiwatch", {decision: chosen()})
                .done(() => self.applied(gettext("Saved. It counts from the next check on.")))
                .fail(failed);
        };

        self.onUserLoggedOut = function () {
            self.isOpen(false);
            self.job(null);
            self.document({jobs: [], used_mb: 0, keep_jobs: 0, keep_mb: 0});
        };
    }

    OCTOPRINT_VIEWMODELS.push({
        construct: AiWatchHistory,
        name: "aiWatchHistory",
        dependencies: ["aiWatchStore", "settingsViewModel"],
        elements: []
    });
});
