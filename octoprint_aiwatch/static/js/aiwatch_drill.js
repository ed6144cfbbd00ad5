/* The drill: a picture of a failure goes through the whole chain, and nothing is paused. */
(() => {
"use strict";
const {observable, pureComputed} = ko;
const core = AiWatch.core;

/** `body()` is the form as it stands, saved or not; `services` those of the form. */
AiWatch.Drill = function (store, body, services) {
	const self = this;
	self.plan = observable();
	self.result = observable();
	self.problem = observable("");
	self.running = observable(false);
	self.may = pureComputed(() => store.canControl() && store.canSet());
	self.boxes = pureComputed(() => core.boxes(self.result().detections));
	const ask = (how, query, data) => {
		self.problem("");
		return OctoPrint[how](store.url("api/drill" + query), data)
			.fail((xhr) => self.problem(core.errorText(xhr)));
	};
	const query = pureComputed(() => "?" + $.param({
		backend: body().backend,
		service: services.list().map((one) => one.name).concat("")
	}, true));
	let watched;

	self.load = () => {
		watched = watched || query.subscribe(self.load);
		if (self.may() && body().backend) ask("get", query()).done(self.plan);
	};
	self.run = () => {
		self.running(true);
		self.result(null);
		ask("postJson", "", body()).done(self.result).always(() => self.running(false));
	};
};
})();
