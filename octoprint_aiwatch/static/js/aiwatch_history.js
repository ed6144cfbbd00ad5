/* The history in the tab. It asks for nothing before it is opened. */
$(() => {
"use strict";
const {observable, pureComputed} = ko;
const {core, past, timeline} = AiWatch;
const EMPTY = {jobs: [], used_mb: 0, keep_jobs: 0, keep_mb: 0};
const NONE = {id: "", columns: {n: [], at_s: [], score: [], verdict: [], frame: []}};

function AiWatchHistory([store, settings]) {
	const self = this;
	const url = (path) => store.url("api/" + path);
	const of = (id, rest) => url(`jobs/${encodeURIComponent(id)}${rest || ""}`);
	const from = (compute) => pureComputed(compute);
	self.store = store;
	self.isOpen = observable(false);
	self.document = observable(EMPTY);
	self.rows = from(() => past.rows(self.document().jobs));
	self.problem = observable("");
	self.loading = observable(false);
	const trying = (request) =>
		request.done(() => self.problem("")).fail((xhr) => self.problem(core.errorText(xhr)));

	self.load = () => {
		if (!store.canView()) return;
		self.loading(true);
		trying(OctoPrint.get(url("jobs")).done(self.document))
			.always(() => self.loading(false));
	};
	self.toggle = () => {
		self.isOpen(!self.isOpen());
		if (self.isOpen()) self.load();
	};

	// ---- one job, check by check ----
	self.job = observable(NONE);
	self.index = observable(0);
	self.check = observable({});
	const columns = () => self.job().columns;
	self.last = from(() => Math.max(0, columns().n.length - 1));
	self.slider = pureComputed({
		read: self.index, write: (value) => self.index(Number(value))
	});
	self.curve = store.curve(from(() => timeline.draw(timeline.read(self.job()))));
	self.cursor = from(() => self.curve.drawn().left(columns().at_s[self.index()] || 0));
	self.position = from(() => past.position(columns(), self.index()));
	self.notes = from(() => past.notes(self.job()));
	self.kept = from(() => past.frameAt(columns(), self.index()) || {own: false});
	self.frame = from(() =>
		(self.kept().n ? of(self.job().id, `/frames/${self.kept().n}.jpg`) : null));
	self.boxes = from(() =>
		(self.kept().own ? core.boxes(self.check().detections, self.check().view) : []));
	self.exported = from(() => of(self.job().id, "/export.zip"));
	self.pointAt = self.pointedAt = () => null;

	self.show = (row) => trying(OctoPrint.get(of(row.id)).done((job) => {
		self.job(job);
		self.index(0);
		look();
		$('#tab_plugin_aiwatch [data-aiwatch="replay-step"]').trigger("focus");
	}));
	self.close = () => self.job(NONE);
	self.step = (_, event) => {
		const to = past.stepTo(event.key, self.index(), columns().n.length);
		if (to === null) return true;
		self.index(to);
		return false;
	};
	self.go = (note) => self.index(note.at);
	let asked = 0;
	function look() {
		const mine = ++asked, number = columns().n[self.index()];
		if (number === undefined) self.check({});
		// Of quick steps only the last one counts.
		else trying(OctoPrint.get(of(self.job().id, `/checks/${number}`))
			.done((check) => mine === asked && self.check(check)));
	}
	self.index.subscribe(look);

	// ---- right, wrong, delete ----
	self.mark = (mark) => {
		const job = self.job(), next = job.mark === mark ? null : mark;
		trying(OctoPrint.postJson(of(job.id, "/mark"), {mark: next}).done(() => {
			self.job(Object.assign({}, job, {mark: next}));
			self.load();
		}));
	};
	self.asking = observable("");
	self.keep = () => self.asking("");
	self.remove = (id) => {
		self.keep();
		trying(OctoPrint.delete(id ? of(id) : url("jobs")).done(() => {
			self.close();
			self.results([]);
			self.load();
		}));
	};

	// ---- other settings ----
	const own = () => settings.settings.plugins.aiwatch.decision;
	self.tuning = observable(false);
	self.fields = {};
	["warning_confidence", "pause_confidence", "none_below", "maybe_above",
		"failure_above", "short_multiple"].forEach((name) =>
		(self.fields[name] = observable()));
	self.results = ko.observableArray([]);
	self.applied = observable(false);
	const chosen = from(() => past.decision(ko.toJS(self.fields)));
	self.canApply = from(() => chosen() && Object.keys(chosen()).some((name) =>
		chosen()[name] !== core.toNumber(own()[name]())));

	let run = 0;
	self.tune = () => {
		const mine = ++run, jobs = self.document().jobs, decision = chosen();
		self.results([]);
		self.applied(false);
		(function next() {
			const job = jobs[self.results().length];
			if (mine !== run || !job || !decision || !self.tuning()) return;
			trying(OctoPrint.postJson(url("replay"), {job: job.id, decision})
				.done((result) => {
					if (mine !== run) return;
					self.results.push(past.tuned(job, result));
					next();
				}));
		})();
	};
	self.toggleTuner = () => {
		Object.keys(self.fields).forEach((name) => self.fields[name](own()[name]()));
		self.tuning(!self.tuning());
		self.tune();
	};
	chosen.extend({rateLimit: {timeout: 300, method: "notifyWhenChangesStop"}})
		.subscribe(() => self.tuning() && self.tune());
	self.apply = () => trying(OctoPrint.settings
		.savePluginSettings("aiwatch", {decision: chosen()}).done(() => self.applied(true)));

	self.onUserLoggedOut = () => {
		self.isOpen(false);
		self.close();
		self.document(EMPTY);
	};
}

AiWatch.view("aiWatchHistory", AiWatchHistory, ["aiWatchStore", "settingsViewModel"]);
});
