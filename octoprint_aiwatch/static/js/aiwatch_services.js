/* The notification services in the settings form. Stored addresses never reach the page: an id
   stands for each, and for a new one what was typed, until it is saved. */
(() => {
"use strict";
const {observable, pureComputed} = ko;
const core = AiWatch.core;

/** `own()` gives the plugin's settings, as observables. */
AiWatch.Services = function (store, own) {
	const self = this;
	const removed = ko.observableArray([]);
	const added = ko.observableArray([]);

	const entry = (id, name, url) => ({
		id, name, url,
		testing: observable(false),
		result: observable(null)
	});
	const stored = pureComputed(() =>
		(ko.toJS(own().services) || []).map((one) => entry(one.id, one.name, "")));

	self.typed = observable("");
	self.list = pureComputed(() =>
		stored().filter((one) => !removed().includes(one.id)).concat(added()));
	self.problem = pureComputed(() => core.serviceProblem(self.typed()));
	self.canAdd = pureComputed(() => !!self.typed().trim() && !self.problem());

	self.add = () => {
		if (!self.canAdd()) return;
		const url = self.typed().trim();
		added.push(entry("", core.serviceName(url), url));
		self.typed("");
	};
	self.remove = (one) => {
		if (one.url) added.remove(one);
		else removed.push(one.id);
	};
	self.test = (one) => {
		one.testing(true);
		one.result(null);
		store.post("notify_test", one.url ? {url: one.url} : {service: one.id})
			.done((answer) => one.result(core.serviceResult(answer)))
			.fail((xhr) => one.result({ok: false, text: core.errorText(xhr)}))
			.always(() => one.testing(false));
	};

	self.changed = () => removed().length > 0 || added().length > 0;
	/** What is sent: new addresses, and ids for stored ones. */
	self.toSend = () => self.list().map((one) => one.url || {keep: one.id});
	self.reset = () => {
		removed([]);
		added([]);
		self.typed("");
	};
};
})();
