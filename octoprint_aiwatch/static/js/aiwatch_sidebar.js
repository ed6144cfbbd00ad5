/* The sidebar's small gauge; without permission the whole box goes away. */
$(function () {
	"use strict";

	function AiWatchSidebar(parameters) {
		const self = this;
		self.store = parameters[0];

		self.onAllBound = function () {
			const wrapper = $("#sidebar_plugin_aiwatch_wrapper");
			ko.computed(() => wrapper.toggle(self.store.canView()));
		};
	}

	OCTOPRINT_VIEWMODELS.push({
		construct: AiWatchSidebar,
		name: "aiWatchSidebar",
		dependencies: ["aiWatchStore"],
		elements: ["#sidebar_plugin_aiwatch"]
	});
});
