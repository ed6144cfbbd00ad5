/* The drill: a picture of a failure goes through the whole chain, and nothing is paused. */
$(function () {
	"use strict";
	const core = window.AiWatch.core;

	/** `body()` is the form as it stands, saved or not; `services` those of the form. */
	window.AiWatch.Drill = function (store, body, services) {
		const self = this;
		self.plan = ko.observable();
		self.result = ko.observable();
		self.problem = ko.observable("");
		self.running = ko.observable(false);
		self.may = ko.pureComputed(() => store.canControl() && store.canSet());
		self.boxes = ko.pureComputed(() => core.boxes(self.result().detections));
		const ask = function (how, query, data) {
			self.problem("");
			return OctoPrint[how](`${OctoPrint.getBlueprintUrl("aiwatch")}api/drill${query}`, data)
				.fail((xhr) => self.problem(core.errorText(xhr)));
		};
		const query = ko.pureComputed(() => "?" + $.param({
			backend: body().backend,
			service: services.list().map((one) => one.name).concat("")
		}, true));
		let watched;

		/** Asks what a drill would do and cost, now and whenever that changes. */
		self.load = function () {
			if (!self.may()) return;
			watched = watched || query.subscribe(self.load);
			ask("get", query()).done(self.plan);
		};
		self.run = function () {
			self.running(true);
			self.result(null);
			ask("postJson", "", body()).done(self.result).always(() => self.running(false));
		};
	};
});
