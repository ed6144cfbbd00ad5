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
		self.pointedAt = ko.observable(null);
		self.pointAt = (box) => self.pointedAt(box.detection);
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
