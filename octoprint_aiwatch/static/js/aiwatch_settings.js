/* The settings page and the wizard's, loaded by aiwatch_later.js. Plain values live in
   OctoPrint's own observables and are saved by its dialogs. Secrets live here, are write-only,
   and are in the dialog's data only for the moment in which it is collected. */
(() => {
"use strict";
const {observable, pureComputed} = ko;
const core = AiWatch.core;
const PAGE = "#settings_plugin_aiwatch", URLS = "notify.urls";

/** A row of the form: what is wrong with its value, for eyes and for screen readers. */
ko.bindingHandlers.aiwatchRow = {
	update: (row, path, _, __, context) => {
		const problem = context.$root.problem(path());
		$(row).toggleClass("error", !!problem)
			.find(":input:not(button)").attr("aria-invalid", problem ? "true" : null);
		$(row).find(".aiwatch-problem").text(problem);
	}
};

AiWatch.Settings = function (parameters) {
	const self = this;
	const [store, settings, history] = parameters;
	self.store = store;
	self.history = history;
	const typed = {}, forgotten = {}, numbers = {};

	self.testing = observable(false);
	self.result = observable(null);
	self.testError = observable("");

	const own = () => settings.settings.plugins.aiwatch;

	/** The observable of a settings path, "watch.min_interval_s" for example. */
	self.at = (path) => {
		const parts = path.split("."), last = parts.pop();
		const parent = parts.reduce((node, part) => (node[part] = node[part] || {}), own());
		if (!ko.isObservable(parent[last])) parent[last] = observable();
		return parent[last];
	};

	/** The same for a number: text that is one is stored as one. */
	self.number = (path) => (numbers[path] = numbers[path] || pureComputed({
		read: self.at(path),
		write: (value) => self.at(path)(core.toNumber(value))
	}));

	// ---- what the server refused ----
	const saidOf = (problems, path) => problems.filter((one) => one.path === path)
		.map((one) => one.text).join(" ");
	const labelOf = (path) =>
		$(`${PAGE} [data-aiwatch-path="${path}"] .control-label`).first().text().trim() || path;

	self.refused = (problems) => store.notify({
		level: "error", sticky: true,
		title: gettext("AI Watch: not everything was saved"),
		text: problems.map((problem) => `${labelOf(problem.path)}: ${problem.text}`)
			.concat(gettext("The old values are kept.")).join(" ")
	});

	self.services = new AiWatch.Services(store, own);

	// ---- what is wrong, and how the head would park, said by the server while one types ----
	const found = ko.observableArray();
	self.parking = observable(null);
	let watched, asked = 0;
	const isSet = (path) => typed[path]() || (self.isStored(path) && !self.isForgotten(path));
	const ask = () => {
		if (!store.canSet()) return;
		const number = ++asked, form = watched(), {park} = form.settings.actions;
		const latest = (use) => (answer) => number === asked && use(answer);
		store.post("check", form).done(latest((answer) => found(answer.problems)));
		if (!park.enabled) return self.parking(null);
		store.post("parking", {park}).done(latest(self.parking)).fail(latest((xhr) =>
			self.parking({park: [], undo: [], notes: [core.errorText(xhr)]})));
	};
	const watch = () => {
		if (!watched) {
			watched = pureComputed(() =>
				({settings: ko.toJS(own()), secrets: Object.keys(typed).filter(isSet)}))
				.extend({rateLimit: {timeout: 250, method: "notifyWhenChangesStop"}});
			watched.subscribe(ask);
		}
		ask();
	};
	self.problem = (path) => {
		const refused = saidOf(store.problems(), path);
		return (path === URLS && self.services.problem()) || saidOf(found(), path) ||
			(refused && `${gettext("Not saved:")} ${refused}`);
	};
	self.problems = pureComputed(() => _.uniq(found().concat(store.problems())
		.map((one) => one.path).concat(self.services.problem() ? URLS : []))
		.map((path) => ({path, label: labelOf(path)})));
	self.go = ({path, key}) => {
		const row = $(PAGE).find(
			path ? `[data-aiwatch-path="${path}"]` : `[data-aiwatch-backend="${key}"]`);
		row.parents("details").prop("open", true);
		row[0].scrollIntoView({block: "center"});
		row.find(":input:visible").first().focus();
	};

	// ---- back to the defaults ----
	const clear = (forget) => Object.keys(typed).forEach((path) => {
		typed[path]("");
		forgotten[path](forget);
	});
	self.resetting = observable(false);
	self.resetAll = observable(false);
	self.reset = () => {
		const usual = $(`${PAGE} form`).data("usual");
		Object.keys(usual).forEach((path) => self.at(path)(usual[path]));
		if (self.resetAll()) {
			clear(true);
			self.services.list().forEach(self.services.remove);
			self.at("camera.ignore_zones")([]);
		}
		self.resetting(false);
	};

	// ---- secrets ----
	self.secret = (path) => {
		forgotten[path] = forgotten[path] || observable(false);
		return (typed[path] = typed[path] || observable(""));
	};
	self.isStored = (path) => !!ko.unwrap((own().secrets_set || {})[path]);
	self.isForgotten = (path) => !!forgotten[path] && forgotten[path]() && !typed[path]();
	self.forget = (path) => forgotten[path](!forgotten[path]());
	self.secretHint = (path) => {
		if (self.isForgotten(path)) return gettext("will be deleted when you save");
		return self.isStored(path) ? gettext("stored; type to replace") : gettext("not stored");
	};
	const values = (observables) => _.mapValues(observables, (one) => one());

	self.onSettingsBeforeSave = () => {
		const sent = core.secretsToSend(values(typed));
		const forget = core.forgetList(values(forgotten), sent);
		if (self.services.changed()) {
			const services = self.services.toSend();
			if (services.length) self.at(URLS)(services);
			else forget.push(URLS);
		}
		store.problems([]);
		Object.keys(sent).forEach((path) => self.at(path)(sent[path]));
		if (forget.length) own().forget = observable(forget);
		// The dialog collects its data in this very turn; afterwards no secret stays.
		setTimeout(() => {
			Object.keys(sent).forEach((path) => self.at(path)(null));
			self.at(URLS)([]);
			delete own().forget;
		}, 0);
	};

	self.onWizardShow = () => {
		watch();
		self.drill.load();
	};
	self.onSettingsHidden = self.onAfterWizardFinish = () => {
		found([]);
		clear(false);
		[self.resetting, self.resetAll].forEach((asked) => asked(false));
		self.result(null);
		self.camera.hidden();
		self.services.reset();
		self.drill.result(null);
		self.testError("");
	};

	// ---- camera and backend ----
	self.cameras = pureComputed(() =>
		core.cameraOptions(settings.webcam_webcams(), self.at("camera.name")()));
	self.camera = new AiWatch.Camera(store, self.at, self.result);
	self.onBrowserTabVisibilityChange = self.camera.look;
	self.isBackend = (key) => self.at("backend")() === key;

	// ---- who judges when it cannot ----
	const chain = () => ko.toJS(self.at("fallback")()) || [];
	const keepChain = (list) => self.at("fallback")(list);
	const labels = $(`${PAGE} form`).data("labels") || {};
	const named = (keys) => keys.map((key) => ({key, label: labels[key] || key}));
	self.isAsked = (key) => self.isBackend(key) || chain().includes(key);
	self.fallback = {
		rows: pureComputed(() => named(chain().filter((key) => !self.isBackend(key)))),
		others: pureComputed(() =>
			named(Object.keys(labels).filter((key) => !self.isAsked(key)))),
		chosen: observable(),
		up: (row) => keepChain(core.moved(chain(), row.key)),
		remove: (row) => keepChain(chain().filter((key) => key !== row.key)),
		test: (row) => self.testBackend(row.key)
	};
	self.fallback.chosen.subscribe((key) => {
		if (!key) return;
		keepChain(chain().concat(key));
		self.fallback.chosen(undefined);
	});

	self.onSettingsShown = () => {
		self.camera.shown();
		watch();
		history.load();
		self.drill.load();
	};

	// ---- test ----
	self.canTest = pureComputed(() => store.canControl() && store.canSet() && !self.testing());
	self.drill = new AiWatch.Drill(store, () => Object.assign({
		notify: {urls: self.services.toSend()},
		decision: ko.toJS(own().decision),
		actions: ko.toJS(own().actions)
	}, testBody(self.at("backend")())), self.services);

	self.test = () => self.testBackend(self.at("backend")());

	const testBody = (backend) => {
		const plain = _.omit(ko.toJS(own().backends[backend]),
			Object.keys(typed).map((path) => path.replace(`backends.${backend}.`, "")));
		const camera = {name: self.at("camera.name")(), timeout_s: self.at("camera.timeout_s")()};
		return core.testBody(backend, plain, values(typed), camera);
	};

	self.testBackend = (backend) => {
		self.testing(true);
		self.result(null);
		self.testError("");
		store.post("test", testBody(backend))
			.done((answer) => self.result(core.testResult(answer)))
			.fail((xhr) => self.testError(core.errorText(xhr)))
			.always(() => {
				self.testing(false);
				const shown = $(".aiwatch-test:visible")[0];
				if (shown) shown.scrollIntoView({block: "nearest"});
			});
	};
};
})();
