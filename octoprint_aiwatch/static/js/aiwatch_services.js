/*
 * The notification services in the settings form. Stored addresses never reach the page:
 * an id stands for each, and for a new one what was typed, until it is saved.
 */
$(function () {
	"use strict";
	const core = window.AiWatch.core;

	/**
	 * @param {*} store
	 * @param {function(): *} own the plugin's settings, as observables
	 */
	window.AiWatch.Services = function (store, own) {
		const self = this;
		const removed = ko.observableArray([]);
		const added = ko.observableArray([]);

		const entry = (id, name, url) => ({
			id, name, url,
			testing: ko.observable(false),
			result: ko.observable(null)
		});
		const stored = ko.pureComputed(() =>
			(ko.toJS(own().services) || []).map((one) => entry(one.id, one.name, "")));

		self.typed = ko.observable("");
		self.list = ko.pureComputed(() =>
			stored().filter((one) => !removed().includes(one.id)).concat(added()));
		self.problem = ko.pureComputed(() => core.serviceProblem(self.typed()));
		self.canAdd = ko.pureComputed(() => !!self.typed().trim() && !self.problem());

		self.add = function () {
			if (!self.canAdd()) return;
			const url = self.typed().trim();
			added.push(entry("", core.serviceName(url), url));
			self.typed("");
		};
		self.remove = function (one) {
			if (one.url) added.remove(one);
			else removed.push(one.id);
		};
		self.test = function (one) {
			one.testing(true);
			one.result(null);
			store.testService(one.url ? {url: one.url} : {service: one.id})
				.done((answer) => one.result(core.serviceResult(answer)))
				.fail((xhr) => one.result({ok: false, text: core.errorText(xhr)}))
				.always(() => one.testing(false));
		};

		/** Whether there is anything to save. */
		self.changed = () => removed().length > 0 || added().length > 0;
		/** What is sent: new addresses, and ids for stored ones. */
		self.toSend = () => self.list().map((one) => one.url || {keep: one.id});
		self.reset = function () {
			removed([]);
			added([]);
			self.typed("");
		};
	};
});
