/*
 * The settings page. Plain values live in OctoPrint's own settings observables and
 * are saved by its dialog. Secrets live here, are write-only, and enter the dialog's
 * data only for the moment in which it is collected.
 */
$(function () {
	"use strict";
	const core = window.AiWatch.core;

	function AiWatchSettings(parameters) {
		const self = this;
		const [store, settings, history] = parameters;
		self.store = store;
		self.history = history;
		const typed = {}, forgotten = {}, numbers = {};

		self.testing = ko.observable(false);
		self.result = ko.observable(null);
		self.testError = ko.observable("");

		const own = () => settings.settings.plugins.aiwatch;

		/**
		 * The observable of a settings path.
		 * @param {string} path e.g. "watch.min_interval_s"
		 */
		self.at = function (path) {
			const parts = path.split(".");
			const last = parts.pop();
			const parent = parts.reduce((node, part) => (node[part] = node[part] || {}), own());
			if (!ko.isObservable(parent[last])) parent[last] = ko.observable();
			return parent[last];
		};

		/** The same for a number: text that is one is stored as one. */
		self.number = function (path) {
			if (!numbers[path]) {
				const target = self.at(path);
				numbers[path] = ko.pureComputed({
					read: target,
					write: (value) => target(core.toNumber(value))
				});
			}
			return numbers[path];
		};

		self.serverProblem = (path) =>
			self.store.problems().filter((problem) => problem.path === path)
				.map((problem) => `${gettext("Not saved:")} ${problem.text}`).join(" ");

		const labelOf = (path) =>
			$(`#settings_plugin_aiwatch [data-aiwatch-path="${path}"] .control-label`)
				.first().text().trim() || path;

		// The dialog closes on saving, so what was refused is said where it can be seen.
		self.store.problems.subscribe(function (problems) {
			if (!problems.length || !store.canSet()) return;
			store.notify({
				level: "error", sticky: true,
				title: gettext("AI Watch: not everything was saved"),
				text: problems.map((problem) => `${labelOf(problem.path)}: ${problem.text}`)
					.concat(gettext("The old values are kept.")).join(" ")
			});
		});

		self.services = new window.AiWatch.Services(store, own);

		self.problem = (path, min, max, whole, optional) =>
			core.rangeProblem(self.at(path)(), min, max, whole, optional) ||
			self.serverProblem(path);

		/** The select beside an address field: one of the choices, or "other". */
		self.choice = function (path, choices) {
			const target = self.at(path);
			const other = ko.observable(false);
			const choice = ko.computed({
				read: () => (other() ? "other" : core.choiceOf(target(), choices)),
				write: function (value) {
					other(value === "other");
					if (value !== "other") target(value);
				}
			});
			self.hidden.subscribe(() => other(false));
			return choice;
		};

		// ---- secrets ----
		self.hidden = ko.observable().extend({notify: "always"});

		self.secret = function (path) {
			typed[path] = typed[path] || ko.observable("");
			forgotten[path] = forgotten[path] || ko.observable(false);
			return typed[path];
		};
		self.isStored = function (path) {
			const stored = own().secrets_set || {};
			return !!ko.unwrap(stored[path]);
		};
		self.isForgotten = (path) => !!forgotten[path] && forgotten[path]() && !typed[path]();
		self.forget = (path) => forgotten[path](!forgotten[path]());
		self.secretHint = function (path) {
			if (self.isForgotten(path)) return gettext("will be deleted when you save");
			return self.isStored(path)
				? gettext("stored; type to replace")
				: gettext("not stored");
		};
		const values = function (observables) {
			const plain = {};
			Object.keys(observables).forEach((path) => (plain[path] = observables[path]()));
			return plain;
		};

		self.onSettingsBeforeSave = function () {
			const sent = core.secretsToSend(values(typed));
			const forget = core.forgetList(values(forgotten), sent);
			if (self.services.changed()) {
				const services = self.services.toSend();
				if (services.length) self.at("notify.urls")(services);
				else forget.push("notify.urls");
			}
			self.store.problems([]);
			Object.keys(sent).forEach((path) => self.at(path)(sent[path]));
			if (forget.length) own().forget = ko.observable(forget);
			// The dialog collects its data in this very turn; afterwards no secret stays.
			setTimeout(function () {
				Object.keys(sent).forEach((path) => self.at(path)(null));
				self.at("notify.urls")([]);
				delete own().forget;
			}, 0);
		};

		self.onSettingsHidden = function () {
			Object.keys(typed).forEach(function (path) {
				typed[path]("");
				forgotten[path](false);
			});
			self.result(null);
			self.places.corners([]);
			self.services.reset();
			self.drill.result(null);
			self.testError("");
			self.hidden(true);
		};

		// ---- camera and backend ----
		self.cameras = ko.pureComputed(() =>
			core.cameraOptions(settings.webcam_webcams(), self.at("camera.name")()));
		self.isBackend = (key) => self.at("backend")() === key;

		// ---- who judges when it cannot ----
		const chain = () => ko.toJS(self.at("fallback")()) || [];
		const keepChain = (list) => self.at("fallback")(list);
		const labels = {};
		$("#settings_plugin_aiwatch [data-aiwatch-backend]").each(function () {
			labels[this.dataset.aiwatchBackend] = this.dataset.label;
		});
		const named = (keys) => keys.map((key) => ({key, label: labels[key] || key}));
		self.isAsked = (key) => self.isBackend(key) || chain().includes(key);
		self.fallback = {
			rows: ko.pureComputed(() => named(chain().filter((key) => !self.isBackend(key)))),
			others: ko.pureComputed(() =>
				named(Object.keys(labels).filter((key) => !self.isAsked(key)))),
			chosen: ko.observable(),
			up: (row) => keepChain(core.moved(chain(), row.key)),
			remove: (row) => keepChain(chain().filter((key) => key !== row.key)),
			test: (row) => self.testBackend(row.key)
		};
		self.fallback.chosen.subscribe(function (key) {
			if (!key) return;
			keepChain(chain().concat(key));
			self.fallback.chosen(undefined);
		});

		// ---- ignored places ----
		const zones = () => ko.toJS(self.at("camera.ignore_zones")()) || [];
		const keep = (list) => self.at("camera.ignore_zones")(list);
		const lastFrame = ko.observable("");
		self.places = {
			corners: ko.observableArray(),
			zones: ko.pureComputed(zones),
			drawn: ko.pureComputed(() => core.polygons(zones(), self.places.view())),
			frame: ko.pureComputed(() => (self.result() || {}).frame || lastFrame()),
			view: ko.pureComputed(() => ((self.result() || {}).frame
				? self.result().view : store.status().view)),
			dots: ko.pureComputed(() => self.places.corners()
				.map((corner) => core.seen(self.places.view(), corner))),
			noFrame: () => lastFrame(""),
			name: (number) => `${gettext("Place")} ${number + 1}`,
			remove: (number) => keep(zones().filter((_, n) => n !== number)),
			undo: () => self.places.corners.pop(),
			done: function () {
				keep(zones().concat([self.places.corners().slice()]));
				self.places.corners([]);
			},
			point: function (_, event) {
				const rect = event.currentTarget.getBoundingClientRect();
				self.places.corners.push(
					core.delivered(self.places.view(), core.corner(event, rect)));
			}
		};
		self.places.line = ko.pureComputed(() =>
			core.polygons([self.places.corners()], self.places.view())[0]);

		// ---- parking: the exact lines, as the server would send them ----
		self.parking = ko.observable(null);
		const park = ["enabled", "retract_mm", "lift_mm", "x_mm", "y_mm", "tool", "standby_c"];
		let asked = 0;

		const showParking = function () {
			const values = {};
			park.forEach((name) => (values[name] = self.at(`actions.park.${name}`)()));
			if (!values.enabled || !store.canSet()) {
				self.parking(null);
				return;
			}
			const number = ++asked;
			store.parking({park: values}).done(function (answer) {
				if (number === asked) self.parking(answer);
			}).fail(function (xhr) {
				if (number === asked) {
					self.parking({park: [], undo: [], notes: [core.errorText(xhr)]});
				}
			});
		};

		self.onSettingsShown = function () {
			lastFrame(store.frameAddress());
			history.load();
			if (!self.parkingWatched) {
				self.parkingWatched = ko.pureComputed(() =>
					park.map((name) => self.at(`actions.park.${name}`)()).join("|"))
					.extend({rateLimit: {timeout: 300, method: "notifyWhenChangesStop"}});
				self.parkingWatched.subscribe(showParking);
			}
			showParking();
			self.drill.load();
		};

		// ---- test ----
		self.canTest = ko.pureComputed(() => store.canControl() && store.canSet() && !self.testing());

		self.drill = new window.AiWatch.Drill(store, () => Object.assign({
			notify: {urls: self.services.toSend()},
			decision: ko.toJS(own().decision),
			actions: ko.toJS(own().actions)
		}, testBody(self.at("backend")())), self.services);

		self.test = () => self.testBackend(self.at("backend")());

		const testBody = function (backend) {
			const plain = {};
			const fields = own().backends[backend] || {};
			Object.keys(fields).forEach(function (name) {
				if (!(`backends.${backend}.${name}` in typed)) plain[name] = ko.unwrap(fields[name]);
			});
			const camera = {name: self.at("camera.name")(), timeout_s: self.at("camera.timeout_s")()};
			return core.testBody(backend, plain, values(typed), camera);
		};

		self.testBackend = function (backend) {
			self.testing(true);
			self.result(null);
			self.testError("");
			store.test(testBody(backend))
				.done((answer) => self.result(core.testResult(answer)))
				.fail((xhr) => self.testError(core.errorText(xhr)))
				.always(function () {
					self.testing(false);
					$("#settings_plugin_aiwatch .aiwatch-test")[0].scrollIntoView({block: "nearest"});
				});
		};
	}

	OCTOPRINT_VIEWMODELS.push({
		construct: AiWatchSettings,
		name: "aiWatchSettings",
		dependencies: ["aiWatchStore", "settingsViewModel", "aiWatchHistory"],
		elements: ["#settings_plugin_aiwatch"]
	});
});
