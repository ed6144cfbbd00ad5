/* The tab: binds the store to the page and shows or hides the tab's link. */
$(function () {
	"use strict";

	function AiWatchTab(parameters) {
		const self = this;
		self.store = parameters[0];
		self.history = parameters[1];

		self.toggleSuppress = () =>
			self.store.command(self.store.status().suppressed ? "unsuppress" : "suppress");
		self.notAFailure = () => self.store.command("not_a_failure");
		self.waveThrough = (pick) => self.store.command("not_a_failure", pick.detection);
		self.alwaysIgnore = (pick) => self.store.command("always_ignore", pick.detection);
		self.pointedAt = ko.observable("");
		self.pointAt = (box) => self.pointedAt(box.key);
		self.leave = () => self.pointedAt("");
		self.pointed = ko.pureComputed(() =>
			self.store.shownFrame().boxes.find((box) => box.key === self.pointedAt()));
		self.canIgnore = (box) => self.store.canControl() && self.store.status().job &&
			self.store.picks().includes(box);
		// After a pause of ours: three choices, the last one asked once more.
		self.cancelling = ko.observable(false);
		self.choose = function (command) {
			self.cancelling(false);
			self.store.command(command, null, self.store.status().job.id);
		};
		self.canChoose = ko.pureComputed(() => self.store.canControl() &&
			self.store.canPrint() && !self.store.busy());
		self.store.pausedByUs.subscribe(() => self.cancelling(false));
		self.checkNow = () => self.store.command("check_now");
		self.suppressText = ko.pureComputed(() =>
			self.store.status().suppressed
				? gettext("Alerts on again")
				: gettext("Suppress for this print"));
		self.canToggle = ko.pureComputed(function () {
			const buttons = self.store.buttons();
			return !self.store.busy() && (buttons.suppress || buttons.unsuppress);
		});

		// The link lies outside the bound element, so it is not Knockout's to hide.
		self.onAllBound = function () {
			const link = $("#tab_plugin_aiwatch_link");
			ko.computed(() => link.toggle(self.store.canView()));
		};
	}

	OCTOPRINT_VIEWMODELS.push({
		construct: AiWatchTab,
		name: "aiWatchTab",
		dependencies: ["aiWatchStore", "aiWatchHistory"],
		elements: ["#tab_plugin_aiwatch"]
	});
});
